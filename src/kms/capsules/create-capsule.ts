import { openKey } from '../access.ts';
import { noBinding } from '../ciphertext/binding.ts';
import type { KmsContext } from '../context.ts';
import { encryptWithKey } from '../cryptography/encryption-key.ts';
import { kmsError } from '../errors.ts';
import { familyOf, type Key, requireUsable } from '../key.ts';
import { findKeyPolicy } from '../key-policies/store.ts';
import type { Caller } from '../permissions.ts';
import { encodeCapsule, requirePolicy } from './capsule.ts';

export const capsuleUse = { kind: 'capsule', binding: noBinding } as const;

export interface NewCapsule {
  readonly keyId: string;
  /** Bits. */
  readonly dataKeyLength: string;
  readonly policyId: string | undefined;
  readonly keyPolicy: string | undefined;
}

/** State, then spec. Throws KMS.0209 and its like, KMS.0325, KMS.0341. */
export function requireCapsuleKey(context: KmsContext, key: Key): void {
  requireUsable(key, context.clock);
  const family = familyOf(key);
  if (family === 'hmac') throw kmsError('KMS.0341', 'The key must be AES_256 or SM4.');
  if (family !== 'symmetric') throw kmsError('KMS.0325', 'The key must be AES_256 or SM4.');
}

/** A new data key, which the caller wipes, with the capsule that gives it to whom the policy names. It is not stored. */
export async function createCapsule(
  context: KmsContext,
  caller: Caller,
  input: NewCapsule,
): Promise<{ keyId: string; dataKey: Buffer; capsule: Buffer }> {
  if (input.dataKeyLength !== '128' && input.dataKeyLength !== '256')
    throw kmsError('KMS.1901', 'datakey_length must be 128 or 256.');
  const policy = requirePolicy(input.policyId, input.keyPolicy);
  const key = await openKey(context, caller, {
    reference: input.keyId,
    permission: 'createDataKeyCapsule',
  });
  requireCapsuleKey(context, key);
  const { accountId } = caller.actor;
  if (
    'policyId' in policy &&
    !(await findKeyPolicy(context.database, accountId, caller.projectId, policy.policyId))
  )
    throw kmsError('KMS.0308', `There is no key policy ${policy.policyId} in this project.`);
  const dataKey = Buffer.from(context.random.bytes(Number(input.dataKeyLength) / 8));
  const content = encodeCapsule({ dataKey, policy });
  const capsule = await encryptWithKey(context, key, capsuleUse, content);
  content.fill(0);
  return { keyId: key.key_id, dataKey, capsule };
}
