import { openKey } from '../access.ts';
import type { Binding } from '../ciphertext/binding.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import type { Key } from '../key.ts';
import { keySpecs } from '../key-spec.ts';
import type { Caller } from '../permissions.ts';
import { encryptAsymmetric } from './asymmetric-cipher.ts';
import {
  encryptWithKey,
  pairOf,
  requireEncryptionAlgorithm,
  requireEncryptionKey,
  requireUnbound,
} from './encryption-key.ts';

export const maxPlaintextBytes = 4096;

export interface EncryptData {
  readonly reference: string;
  readonly plainText: string;
  readonly encryptionAlgorithm: string | undefined;
  readonly binding: Binding;
}

/** Encrypts a text of 1 to 4096 characters and bytes; the answer is an envelope (symmetric) or a bare ciphertext. */
export async function encryptData(
  context: KmsContext,
  caller: Caller,
  input: EncryptData,
): Promise<{ keyId: string; ciphertext: Buffer }> {
  const plaintext = Buffer.from(input.plainText, 'utf8');
  if (plaintext.length === 0 || plaintext.length > maxPlaintextBytes)
    throw kmsError('KMS.0308', `plain_text must be 1 to ${maxPlaintextBytes} bytes in UTF-8.`);
  const { reference } = input;
  const key = await openKey(context, caller, {
    reference,
    permission: 'encryptData',
    granted: 'encrypt-data',
  });
  requireEncryptionKey(context, key);
  const ciphertext = await encryptWith(context, key, plaintext, input);
  return { keyId: key.key_id, ciphertext };
}

/** Encrypts data with a key that may be used for it. */
export async function encryptWith(
  context: KmsContext,
  key: Key,
  plaintext: Uint8Array,
  input: { readonly encryptionAlgorithm: string | undefined; readonly binding: Binding },
): Promise<Buffer> {
  const algorithm = requireEncryptionAlgorithm(key, input.encryptionAlgorithm);
  if (algorithm === 'SYMMETRIC_DEFAULT') {
    const how = { kind: 'data', binding: input.binding } as const;
    return await encryptWithKey(context, key, how, plaintext);
  }
  requireUnbound(key, input.binding);
  const limit = keySpecs[key.key_spec].maxPlaintextBytes ?? 0;
  if (plaintext.length > limit)
    throw kmsError('KMS.2108', `A ${key.key_spec} key encrypts at most ${limit} bytes.`);
  const { publicKey } = await pairOf(context, key);
  return encryptAsymmetric(algorithm, publicKey, plaintext, context.random);
}
