import { openKey } from '../access.ts';
import type { Binding } from '../ciphertext/binding.ts';
import type { KmsContext } from '../context.ts';
import { requireEncryptionKey } from '../cryptography/encryption-key.ts';
import { kmsError } from '../errors.ts';
import type { Caller } from '../permissions.ts';
import { encryptDataKeyWith, requireFittingDataKey } from './encrypt-data-key.ts';

/** Bits of a data key of each spec. */
const specBits: Readonly<Record<string, number>> = {
  AES_256: 256,
  AES_128: 128,
  SM4: 128,
  HMAC_256: 256,
  HMAC_384: 384,
  HMAC_512: 512,
  HMAC_SM3: 256,
};

export interface CreateDataKey {
  readonly reference: string;
  readonly keySpec: string | undefined;
  /** Bits; wins over keySpec. */
  readonly dataKeyLength: string | number | undefined;
  readonly binding: Binding;
}

export interface DataKey {
  readonly keyId: string;
  readonly plaintext: Buffer;
  readonly ciphertext: Buffer;
}

function bitsOf({ keySpec = 'AES_256', dataKeyLength }: CreateDataKey): number {
  const ofSpec = Object.hasOwn(specBits, keySpec) ? specBits[keySpec] : undefined;
  if (ofSpec === undefined)
    throw kmsError('KMS.1902', `key_spec must be one of ${Object.keys(specBits).join(', ')}.`);
  if (dataKeyLength === undefined || dataKeyLength === '') return ofSpec;
  const bits = /^[0-9]{1,5}$/.test(String(dataKeyLength)) ? Number(dataKeyLength) : Number.NaN;
  if (!(bits >= 8 && bits <= 8192)) throw kmsError('KMS.1901', 'It is a number of bits, as text.');
  if (bits % 8 !== 0) throw kmsError('KMS.1903', `${bits} is not.`);
  return bits;
}

/** A new random data key, plain and encrypted; it is not stored. The caller wipes the plaintext. */
export async function createDataKey(
  context: KmsContext,
  caller: Caller,
  input: CreateDataKey,
  answer: 'with plaintext' | 'without plaintext',
): Promise<DataKey> {
  const bytes = bitsOf(input) / 8;
  const key = await openKey(context, caller, {
    reference: input.reference,
    ...(answer === 'with plaintext'
      ? { permission: 'createDataKey', granted: 'create-datakey' }
      : { permission: 'createDataKeyWithoutPlaintext', granted: 'create-datakey-without-plaintext' }),
  });
  requireEncryptionKey(context, key);
  requireFittingDataKey(key, bytes);
  const plaintext = Buffer.from(context.random.bytes(bytes));
  const ciphertext = await encryptDataKeyWith(context, key, plaintext, { binding: input.binding });
  return { keyId: key.key_id, plaintext, ciphertext };
}
