import { encodePem } from '../../pki/index.ts';
import { openKey } from '../access.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { familyOf, requirePreconditions } from '../key.ts';
import type { Caller } from '../permissions.ts';
import { findKeyVersion } from '../store.ts';

const preconditions = {
  defaultKeys: 'allowed',
  refusedStates: { '4': 'KMS.0210', '5': 'KMS.1301', '7': 'KMS.0320' },
} as const;

/** PEM with label PUBLIC KEY, a SubjectPublicKeyInfo, lines ended by CR LF. */
export async function getPublicKey(
  context: KmsContext,
  caller: Caller,
  reference: string,
): Promise<{ keyId: string; publicKeyPem: string }> {
  const key = await openKey(context, caller, { reference, permission: 'getPublicKey' });
  requirePreconditions(key, context.clock, preconditions);
  const family = familyOf(key);
  if (family === 'symmetric') throw kmsError('KMS.0331', `A ${key.key_spec} key has no public key.`);
  if (family === 'hmac') throw kmsError('KMS.0341', `A ${key.key_spec} key has no public key.`);
  const version = await findKeyVersion(context.database, key.key_id, key.current_version);
  if (!version?.public_key_spki) throw new Error(`key ${key.key_id} has no public key`);
  return { keyId: key.key_id, publicKeyPem: encodePem('PUBLIC KEY', version.public_key_spki, '\r\n') };
}
