import { createHash, timingSafeEqual } from 'node:crypto';
import { WrongPasswordError } from '../password.ts';

const SALT_LENGTH = 20;
const DIGEST_LENGTH = 20;

function sha1(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

// The stream is SHA-1 chained from the salt: block n is SHA-1(password || block n-1), block 0 being the salt.
function applyKeyStream(data: Uint8Array, password: Uint8Array, salt: Uint8Array): Uint8Array {
  const result = new Uint8Array(data.length);
  let block = salt;
  for (let offset = 0; offset < data.length; offset += DIGEST_LENGTH) {
    block = sha1(password, block);
    const end = Math.min(offset + DIGEST_LENGTH, data.length);
    for (let i = offset; i < end; i++) result[i] = data[i]! ^ block[i - offset]!;
  }
  return result;
}

/**
 * Sun's JKS key protector (1.3.6.1.4.1.42.2.17.1.1): salt || key XOR stream || SHA-1(password || key).
 * Weak by today's measure, yet the only protector that a keystore of type JKS knows.
 */
export function protectKey(key: Uint8Array, password: Uint8Array, salt: Uint8Array): Uint8Array {
  if (salt.length !== SALT_LENGTH) throw new RangeError(`a JKS salt has ${SALT_LENGTH} bytes`);
  return Buffer.concat([salt, applyKeyStream(key, password, salt), sha1(password, key)]);
}

/** The key inside what protectKey made. Throws WrongPasswordError if the closing digest does not match. */
export function recoverKey(protectedKey: Uint8Array, password: Uint8Array): Uint8Array {
  if (protectedKey.length < SALT_LENGTH + DIGEST_LENGTH) throw new WrongPasswordError();
  const salt = protectedKey.subarray(0, SALT_LENGTH);
  const encrypted = protectedKey.subarray(SALT_LENGTH, protectedKey.length - DIGEST_LENGTH);
  const digest = protectedKey.subarray(protectedKey.length - DIGEST_LENGTH);
  const key = applyKeyStream(encrypted, password, salt);
  if (!timingSafeEqual(sha1(password, key), digest)) throw new WrongPasswordError();
  return key;
}
