import { encodeBinding } from '../ciphertext/binding.ts';
import { type Envelope, encodeEnvelope } from '../ciphertext/envelope.ts';
import {
  authenticated,
  type CiphertextUse,
  INNER_OVERHEAD_BYTES,
  NONCE_BYTES,
  PREFIX_BYTES,
  pad,
  unpad,
} from '../ciphertext/symmetric-cipher.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import type { Key } from '../key.ts';
import { tokenKeyName, withToken } from './hsm-key.ts';

/**
 * As the software's inner form, with the token's own key instead of one for each message: tokens derive none. A random nonce then
 * allows 2^32 messages with one key (NIST SP 800-38D §8.3).
 */
const INNER_FORMAT = 2;

/** The whole envelope, encrypted in the token. */
export async function encryptInToken(
  context: KmsContext,
  key: Key,
  clusterId: string,
  { kind, binding }: CiphertextUse,
  plaintext: Uint8Array,
): Promise<Buffer> {
  const padded = pad(plaintext, kind);
  const prefix = Buffer.concat([
    Buffer.of(INNER_FORMAT, padded.flag),
    context.random.bytes(PREFIX_BYTES - 2),
  ]);
  const nonce = context.random.bytes(NONCE_BYTES);
  const name = { keyId: key.key_id, keyVersion: key.current_version };
  const additionalData = authenticated(name, kind, prefix, encodeBinding(binding));
  const ciphertext = await withToken(context, clusterId, (token) =>
    token.encrypt(tokenKeyName(key.key_id, key.current_version), {
      nonce,
      additionalData,
      data: padded.bytes,
    }),
  );
  return encodeEnvelope({ inner: Buffer.concat([prefix, nonce, ciphertext]), ...name });
}

/** Throws KMS.2201 whatever does not fit. */
export async function decryptInToken(
  context: KmsContext,
  key: Key,
  clusterId: string,
  { kind, binding }: CiphertextUse,
  { inner, keyVersion }: Envelope,
): Promise<Buffer> {
  const bound = encodeBinding(binding);
  if (inner.length < INNER_OVERHEAD_BYTES || inner[0] !== INNER_FORMAT)
    throw kmsError('KMS.2201', 'It was not made in the HSM of the key.');
  const prefix = inner.subarray(0, PREFIX_BYTES);
  const name = { keyId: key.key_id, keyVersion };
  const plaintext = await withToken(context, clusterId, (token) =>
    token.decrypt(tokenKeyName(key.key_id, keyVersion), {
      nonce: inner.subarray(PREFIX_BYTES, PREFIX_BYTES + NONCE_BYTES),
      additionalData: authenticated(name, kind, prefix, bound),
      data: inner.subarray(PREFIX_BYTES + NONCE_BYTES),
    }),
  );
  return unpad(Buffer.from(plaintext), inner[1]);
}
