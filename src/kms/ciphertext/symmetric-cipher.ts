import {
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createHmac,
  type KeyObject,
} from 'node:crypto';
import type { Random } from '../../platform/random.ts';
import { kmsError } from '../errors.ts';
import type { Binding } from './binding.ts';
import { type Envelope, encodeEnvelope } from './envelope.ts';

/**
 * Inside the envelope: prefix (20) | nonce (12) | ciphertext | tag (16), the prefix being format (1), flags (1) and salt (18). These
 * 48 bytes take the room of the vendor's IV and inner digest, so all lengths are those that clients know.
 */
const INNER_FORMAT = 1;
const FLAG_PADDED = 1;
export const PREFIX_BYTES = 20;
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const INNER_OVERHEAD_BYTES = PREFIX_BYTES + NONCE_BYTES + TAG_BYTES;
const BLOCK_BYTES = 16;

export type SymmetricSpec = 'AES_256' | 'SM4';
/** A data key's ciphertext is not a ciphertext of data, nor is a capsule's, though all are made with one key. */
export type CiphertextKind = 'data' | 'data key' | 'capsule';

const kindBytes: Readonly<Record<CiphertextKind, number>> = { data: 1, 'data key': 2, capsule: 3 };

export interface CipherKey {
  readonly keyId: string;
  readonly keyVersion: number;
  readonly spec: SymmetricSpec;
  readonly secret: KeyObject;
}

const ciphers: Readonly<Record<SymmetricSpec, { cipher: CipherGCMTypes; hash: string; keyBytes: number }>> = {
  AES_256: { cipher: 'aes-256-gcm', hash: 'sha256', keyBytes: 32 },
  // Node's types know only AES here; OpenSSL 3.5 has GCM with SM4 (RFC 8998 §2).
  SM4: { cipher: 'sm4-gcm' as CipherGCMTypes, hash: 'sm3', keyBytes: 16 },
};

/**
 * HKDF-Expand (RFC 5869 §2.3) of one block: each message has a key of its own, so random nonces never come near the limit of GCM
 * (SP 800-38D §8.3: 2^32 messages with one key), however busy a customer key is.
 */
function messageKey({ secret, spec }: CipherKey, prefix: Uint8Array): Buffer {
  const { hash, keyBytes } = ciphers[spec];
  const block = createHmac(hash, secret)
    .update('openccm kms message key')
    .update(prefix)
    .update('\x01')
    .digest();
  return block.subarray(0, keyBytes);
}

/** Every field has its length fixed, but for the binding at the end. */
export function authenticated(
  key: Pick<CipherKey, 'keyId' | 'keyVersion'>,
  kind: CiphertextKind,
  prefix: Uint8Array,
  binding: Uint8Array,
): Buffer {
  const version = Buffer.alloc(4);
  version.writeUInt32BE(key.keyVersion);
  return Buffer.concat([
    prefix,
    Buffer.from(key.keyId, 'latin1'),
    version,
    Buffer.of(kindBytes[kind]),
    binding,
  ]);
}

/**
 * PKCS #7 (RFC 5652 §6.3). Data is always padded, a data key only where it is no multiple of a block: lengths show it. The flag goes
 * into the prefix.
 */
export function pad(plaintext: Uint8Array, kind: CiphertextKind): { bytes: Uint8Array; flag: number } {
  if (kind === 'data key' && plaintext.length % BLOCK_BYTES === 0) return { bytes: plaintext, flag: 0 };
  const length = BLOCK_BYTES - (plaintext.length % BLOCK_BYTES);
  return { bytes: Buffer.concat([plaintext, Buffer.alloc(length, length)]), flag: FLAG_PADDED };
}

/** Takes away what `pad` added to a text that is authenticated, with its flag. */
export function unpad(padded: Buffer, flag: number | undefined): Buffer {
  if (flag !== FLAG_PADDED) return padded;
  return padded.subarray(0, padded.length - (padded[padded.length - 1] ?? 0));
}

/** What a ciphertext is for, beside its key. */
export interface CiphertextUse {
  readonly kind: CiphertextKind;
  readonly binding: Binding;
}

export interface SymmetricEncryption {
  readonly key: CipherKey;
  readonly kind: CiphertextKind;
  readonly binding: Uint8Array;
}

/** The whole envelope. */
export function encryptSymmetric(
  random: Random,
  { key, kind, binding }: SymmetricEncryption,
  plaintext: Uint8Array,
): Buffer {
  const padded = pad(plaintext, kind);
  const randomness = random.bytes(PREFIX_BYTES - 2 + NONCE_BYTES);
  const prefix = Buffer.concat([
    Buffer.of(INNER_FORMAT, padded.flag),
    randomness.subarray(0, PREFIX_BYTES - 2),
  ]);
  const nonce = randomness.subarray(PREFIX_BYTES - 2);
  const oneTimeKey = messageKey(key, prefix);
  const cipher = createCipheriv(ciphers[key.spec].cipher, oneTimeKey, nonce, { authTagLength: TAG_BYTES });
  oneTimeKey.fill(0);
  cipher.setAAD(authenticated(key, kind, prefix, binding));
  const ciphertext = cipher.update(padded.bytes);
  cipher.final();
  const inner = Buffer.concat([prefix, nonce, ciphertext, cipher.getAuthTag()]);
  return encodeEnvelope({ inner, keyId: key.keyId, keyVersion: key.keyVersion });
}

/** Throws KMS.2201 whatever does not fit: which it was is nobody's business. */
export function decryptSymmetric({ inner }: Envelope, { key, kind, binding }: SymmetricEncryption): Buffer {
  const refused = () =>
    kmsError('KMS.2201', 'It was changed, or the additional data are not those of the encryption.');
  if (inner.length < INNER_OVERHEAD_BYTES || inner[0] !== INNER_FORMAT) throw refused();
  const prefix = inner.subarray(0, PREFIX_BYTES);
  const oneTimeKey = messageKey(key, prefix);
  const padded = openGcm(
    key.spec,
    oneTimeKey,
    inner.subarray(PREFIX_BYTES),
    authenticated(key, kind, prefix, binding),
  );
  oneTimeKey.fill(0);
  if (!padded) throw refused();
  return unpad(padded, inner[1]);
}

/** `sealed`: nonce (12), ciphertext, tag (16). Undefined if the tag is wrong. */
export function openGcm(
  spec: SymmetricSpec,
  key: Uint8Array,
  sealed: Uint8Array,
  additionalData: Uint8Array,
): Buffer | undefined {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(ciphers[spec].cipher, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    return undefined;
  }
}
