import { kmsError } from '../errors.ts';

const aliasPattern = /^[a-zA-Z0-9:/_-]{1,255}$/;

/** Names that end so belong to the service's own keys. */
const reserved = /\/default$/;

/** Throws KMS.1101. */
export function requireCustomerAlias(keyAlias: string): string {
  if (!aliasPattern.test(keyAlias))
    throw kmsError('KMS.1101', 'key_alias must be 1 to 255 of A-Z a-z 0-9 : / _ -.');
  if (reserved.test(keyAlias)) throw kmsError('KMS.1101', 'key_alias must not end in /default.');
  return keyAlias;
}
