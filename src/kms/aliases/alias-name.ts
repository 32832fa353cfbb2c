import { kmsError } from '../errors.ts';

const aliasPattern = /^[a-zA-Z0-9:/_-]{1,255}$/;

/** Terraform sends alias/NAME, the reference NAME; they name the same. Throws KMS.1101. */
export function aliasNameOf(alias: string): string {
  const name = alias.replace(/^alias\//, '');
  if (!aliasPattern.test(alias) || name === '')
    throw kmsError('KMS.1101', 'alias must be 1 to 255 of A-Z a-z 0-9 : / _ -.');
  if (name.endsWith('/default')) throw kmsError('KMS.1101', 'alias must not end in /default.');
  return name;
}
