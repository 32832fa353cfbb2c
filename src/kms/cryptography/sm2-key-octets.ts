import type { KeyObject } from 'node:crypto';
import { derCursor, readDerAs, tags } from '../../pki/index.ts';

const pointBytes = 65;

/** The uncompressed point at the end of a SubjectPublicKeyInfo. */
export function sm2Point(publicKey: KeyObject): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-pointBytes);
}

/** The 32 octets of the private scalar (RFC 5915 §3 within RFC 5958 §2); the caller wipes them. */
export function sm2Scalar(privateKey: KeyObject): Buffer {
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  try {
    return ecScalarOf(pkcs8);
  } finally {
    pkcs8.fill(0);
  }
}

/** The private scalar of an elliptic curve key in PKCS#8, copied. */
export function ecScalarOf(pkcs8: Uint8Array): Buffer {
  const outer = derCursor(readDerAs(tags.sequence, pkcs8));
  outer.take(tags.integer);
  outer.take(tags.sequence);
  const inner = derCursor(readDerAs(tags.sequence, outer.take(tags.octetString).value));
  inner.take(tags.integer);
  return Buffer.from(inner.take(tags.octetString).value);
}
