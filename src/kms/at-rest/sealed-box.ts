import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import type { Random } from '../../platform/random.ts';

const FORMAT = 1;
/** NIST SP 800-38D §5.2.1.1: 96 bits is the length for which the nonce is used as it is. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES;

/** What was sealed cannot be opened: it was changed, or it belongs to another key or another place. */
export class SealBroken extends Error {
  constructor(cause?: unknown) {
    super('sealed data cannot be opened with this key at this place', { cause });
    this.name = 'SealBroken';
  }
}

/**
 * Fields become additional data with their lengths in front, so that no two lists of fields give the same bytes. The first field
 * is always a label of the use, which keeps what is sealed for one use from being opened in another.
 */
export function additionalData(label: string, ...fields: readonly (string | number)[]): Buffer {
  const parts: Buffer[] = [];
  for (const field of [label, ...fields]) {
    const bytes = Buffer.from(String(field), 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}

/**
 * AES-256-GCM: format byte, nonce, ciphertext, tag. The nonce is random, so one key may seal 2^32 times (SP 800-38D §8.3); every
 * key that is used here seals far less often, or is rotated.
 */
export function seal(key: KeyObject, random: Random, plaintext: Uint8Array, additional: Uint8Array): Buffer {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(additional);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([Buffer.of(FORMAT), nonce, ciphertext, cipher.getAuthTag()]);
}

/** Gives a buffer of its own that the caller may wipe. Throws `SealBroken`. */
export function open(key: KeyObject, sealed: Uint8Array, additional: Uint8Array): Buffer {
  if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed[0] !== FORMAT) throw new SealBroken();
  const nonce = sealed.subarray(1, HEADER_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(additional);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(HEADER_BYTES, sealed.length - TAG_BYTES));
  try {
    decipher.final();
  } catch (cause) {
    plaintext.fill(0);
    throw new SealBroken(cause);
  }
  return plaintext;
}
