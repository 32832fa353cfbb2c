import { createSign, type KeyObject, sign, verify } from 'node:crypto';
import type { SignatureAlgorithm } from '../algorithms.ts';
import { UnsupportedAlgorithmError } from '../malformed-error.ts';

/**
 * Signs on libuv's thread pool: the callback form is what moves the work there. But for P-256, whose signature takes 23 us: to hand
 * it to a thread and to be told costs as much, and wakes a thread that wants this one's processor.
 */
export async function signWithNode(
  data: Uint8Array,
  algorithm: SignatureAlgorithm,
  key: KeyObject,
): Promise<Uint8Array> {
  if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return sign(algorithm.hash ?? null, data, key);
  return new Promise((resolve, reject) => {
    sign(algorithm.hash ?? null, data, key, (error, signature) =>
      error ? reject(error) : resolve(signature),
    );
  });
}

/** Hashes the pieces as they come; the signature itself is then made on the calling thread. For algorithms with a hash. */
export async function signPiecesWithNode(
  pieces: AsyncIterable<Uint8Array>,
  algorithm: SignatureAlgorithm,
  key: KeyObject,
): Promise<Uint8Array> {
  if (algorithm.hash === undefined) throw new UnsupportedAlgorithmError(`${algorithm.name} signs no hash`);
  const signing = createSign(algorithm.hash);
  for await (const piece of pieces) signing.update(piece);
  return signing.sign(key);
}

/** Verifies on libuv's thread pool. False for any signature that is not one, whatever its bytes. */
export function verifyWithNode(
  data: Uint8Array,
  signature: Uint8Array,
  algorithm: SignatureAlgorithm,
  key: KeyObject,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    verify(algorithm.hash ?? null, data, key, signature, (error, valid) =>
      error ? reject(error) : resolve(valid),
    );
  });
}
