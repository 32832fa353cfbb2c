import { createHash, timingSafeEqual } from 'node:crypto';
import { openKey } from '../access.ts';
import type { Binding } from '../ciphertext/binding.ts';
import type { KmsContext } from '../context.ts';
import { encryptAsymmetric } from '../cryptography/asymmetric-cipher.ts';
import {
  encryptWithKey,
  pairOf,
  requireEncryptionAlgorithm,
  requireEncryptionKey,
  requireUnbound,
} from '../cryptography/encryption-key.ts';
import { kmsError } from '../errors.ts';
import { familyOf, type Key } from '../key.ts';
import { keySpecs } from '../key-spec.ts';
import type { Caller } from '../permissions.ts';

const DIGEST_BYTES = 32;

export interface EncryptDataKey {
  readonly reference: string;
  /** Hexadecimal of the data key and its digest: SHA-256, with SM4 and SM2 keys SM3. */
  readonly plainText: string;
  /** Bytes, 1 to 1024. */
  readonly dataKeyBytes: number;
  readonly binding: Binding;
}

/** Encrypts a data key with a key that may be used for it; the algorithm is that of the key if none is given. */
export async function encryptDataKeyWith(
  context: KmsContext,
  key: Key,
  dataKey: Uint8Array,
  input: { readonly encryptionAlgorithm?: string | undefined; readonly binding: Binding },
): Promise<Buffer> {
  const own = keySpecs[key.key_spec].encryptionAlgorithm;
  const algorithm = requireEncryptionAlgorithm(key, input.encryptionAlgorithm ?? own);
  if (algorithm === 'SYMMETRIC_DEFAULT') {
    const how = { kind: 'data key', binding: input.binding } as const;
    return await encryptWithKey(context, key, how, dataKey);
  }
  requireUnbound(key, input.binding);
  requireFittingDataKey(key, dataKey.length);
  const { publicKey } = await pairOf(context, key);
  return encryptAsymmetric(algorithm, publicKey, dataKey, context.random);
}

/** The service's limit for every RSA key is what the shortest can take. Throws KMS.1904. */
export function requireFittingDataKey(key: Key, bytes: number): void {
  if (familyOf(key) === 'rsa' && bytes > 190)
    throw kmsError('KMS.1904', 'A data key under an RSA key is at most 1520 bits long.');
}

function parsePlainText({ plainText, dataKeyBytes }: EncryptDataKey): Buffer {
  if (!/^([0-9A-Fa-f]{2})+$/.test(plainText))
    throw kmsError('KMS.2101', 'plain_text must be hexadecimal, two digits a byte.');
  const bytes = Buffer.from(plainText, 'hex');
  if (bytes.length !== dataKeyBytes + DIGEST_BYTES)
    throw kmsError('KMS.2104', `plain_text must be ${dataKeyBytes} bytes and a digest of ${DIGEST_BYTES}.`);
  return bytes;
}

/** Encrypts a data key that the caller made, after checking its digest. */
export async function encryptDataKey(
  context: KmsContext,
  caller: Caller,
  input: EncryptDataKey,
): Promise<{ keyId: string; ciphertext: Buffer }> {
  const bytes = parsePlainText(input);
  const key = await openKey(context, caller, {
    reference: input.reference,
    permission: 'encryptDataKey',
    granted: 'encrypt-datakey',
  });
  requireEncryptionKey(context, key);
  const dataKey = bytes.subarray(0, input.dataKeyBytes);
  const hash = key.key_spec === 'SM4' || key.key_spec === 'SM2' ? 'sm3' : 'sha256';
  if (!timingSafeEqual(createHash(hash).update(dataKey).digest(), bytes.subarray(input.dataKeyBytes)))
    throw kmsError('KMS.2103', `The last ${DIGEST_BYTES} bytes must be the ${hash} digest of the data key.`);
  const ciphertext = await encryptDataKeyWith(context, key, dataKey, input);
  bytes.fill(0);
  return { keyId: key.key_id, ciphertext };
}
