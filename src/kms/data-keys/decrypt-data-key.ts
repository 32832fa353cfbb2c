import { createHash } from 'node:crypto';
import { openKey } from '../access.ts';
import type { Binding } from '../ciphertext/binding.ts';
import type { KmsContext } from '../context.ts';
import { decryptWith } from '../cryptography/decrypt-data.ts';
import { requireEncryptionKey } from '../cryptography/encryption-key.ts';
import { kmsError } from '../errors.ts';
import { keySpecs } from '../key-spec.ts';
import type { Caller } from '../permissions.ts';

export interface DecryptDataKey {
  readonly reference: string;
  readonly ciphertext: Buffer;
  /** Bytes of the plain data key, whatever the parameter's name. */
  readonly dataKeyBytes: number;
  readonly binding: Binding;
}

/** The data key with its SHA-256. */
export async function decryptDataKey(
  context: KmsContext,
  caller: Caller,
  input: DecryptDataKey,
): Promise<{ dataKey: Buffer; digest: Buffer }> {
  const key = await openKey(context, caller, {
    reference: input.reference,
    permission: 'decryptDataKey',
    granted: 'decrypt-datakey',
  });
  requireEncryptionKey(context, key);
  const encryptionAlgorithm = keySpecs[key.key_spec].encryptionAlgorithm;
  const dataKey = await decryptWith(context, key, { ...input, encryptionAlgorithm }, 'data key');
  if (dataKey.length !== input.dataKeyBytes)
    throw kmsError('KMS.2204', 'datakey_cipher_length must be the length of the plain data key in bytes.');
  return { dataKey, digest: createHash('sha256').update(dataKey).digest() };
}
