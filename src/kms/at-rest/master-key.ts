import { createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Random } from '../../platform/random.ts';
import { open, seal } from './sealed-box.ts';

export const MASTER_KEY_BYTES = 32;

/** Keys for different uses are derived from the one secret, so none of them tells anything about another (RFC 5869 §3.2). */
function derive(secret: Uint8Array, use: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), `openccm master key: ${use}`, length));
}

/**
 * The root of everything that is kept secret at rest. It wraps the material of keys in the database and nothing else; it is never
 * in the database itself.
 */
export class MasterKey {
  /** 32 hexadecimal digits, derived one-way: names the key in messages and beside what it wrapped. */
  readonly id: string;
  readonly #verificationTag: Buffer;
  readonly #wrappingKey: KeyObject;

  /** `secret` is 32 bytes; the caller wipes it afterwards. */
  constructor(secret: Uint8Array) {
    if (secret.length !== MASTER_KEY_BYTES)
      throw new RangeError(`a master key is ${MASTER_KEY_BYTES} bytes long`);
    this.id = derive(secret, 'id', 16).toString('hex');
    this.#verificationTag = derive(secret, 'verification', 32);
    const wrapping = derive(secret, 'wrapping', 32);
    this.#wrappingKey = createSecretKey(wrapping);
    wrapping.fill(0);
  }

  /** Stored beside the data, so that a wrong key is noticed at start and not at the first use. */
  get verificationTag(): Uint8Array {
    return this.#verificationTag;
  }

  verifies(tag: Uint8Array): boolean {
    return tag.length === this.#verificationTag.length && timingSafeEqual(tag, this.#verificationTag);
  }

  wrap(random: Random, plaintext: Uint8Array, additional: Uint8Array): Buffer {
    return seal(this.#wrappingKey, random, plaintext, additional);
  }

  /** Throws `SealBroken`. */
  unwrap(wrapped: Uint8Array, additional: Uint8Array): Buffer {
    return open(this.#wrappingKey, wrapped, additional);
  }
}
