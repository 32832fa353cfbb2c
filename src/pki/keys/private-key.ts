import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { type AlgorithmIdentifier, parseAlgorithmIdentifier } from '../algorithms.ts';
import { derCursor, readDerAs, tags, toSmallInt } from '../der/index.ts';
import { MalformedError, UnsupportedAlgorithmError } from '../malformed-error.ts';
import { oids } from '../oids.ts';

/** Algorithm and key octets of a DER PKCS#8 PrivateKeyInfo (RFC 5208) or OneAsymmetricKey (RFC 5958). */
export function readPkcs8(pkcs8: Uint8Array): { algorithm: AlgorithmIdentifier; privateKey: Uint8Array } {
  const cursor = derCursor(readDerAs(tags.sequence, pkcs8));
  const version = toSmallInt(cursor.take(tags.integer));
  if (version !== 0 && version !== 1) throw new MalformedError('PKCS#8: version is neither 0 nor 1');
  const algorithm = parseAlgorithmIdentifier(cursor.take(tags.sequence));
  const privateKey = cursor.take(tags.octetString).value;
  cursor.takeOptional(0xa0);
  // RFC 5958 §2: the public key is there only in version 1 (v2).
  if (version === 1) cursor.takeOptional(0x81);
  cursor.end();
  return { algorithm, privateKey };
}

// An RSA key of 16384 bits has 9.4 kB, an ML-DSA-87 key 5 kB.
const maximumLength = 16_384;

/**
 * Algorithms whose keys OpenSSL reads at once. For those of DSA and Diffie-Hellman it computes the public key, without a bound:
 * 16 kB take it half a minute on the main thread.
 */
const readAtOnce: ReadonlySet<string> = new Set([
  oids.rsaEncryption,
  oids.ecPublicKey,
  oids.ed25519,
  oids.mlDsa44,
  oids.mlDsa65,
  oids.mlDsa87,
]);

/**
 * Node's key object of a DER PKCS#8 private key. Throws MalformedError, and its UnsupportedAlgorithmError for other algorithms, never
 * with key material in the text.
 */
export function importPrivateKey(pkcs8: Uint8Array): KeyObject {
  if (pkcs8.length > maximumLength)
    throw new MalformedError(`private key has more than ${maximumLength} bytes`);
  const { algorithm } = readPkcs8(pkcs8);
  if (!readAtOnce.has(algorithm.oid))
    throw new UnsupportedAlgorithmError(`private key algorithm ${algorithm.oid} not supported`);
  try {
    const key = Buffer.from(pkcs8.buffer, pkcs8.byteOffset, pkcs8.length);
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } catch {
    throw new MalformedError('private key is not valid or not supported');
  }
}

/** DER SubjectPublicKeyInfo of a private key object. */
export function spkiOf(privateKey: KeyObject): Uint8Array {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
}

/** DER SubjectPublicKeyInfo that belongs to a DER PKCS#8 private key. Throws MalformedError. */
export function publicKeyOfPkcs8(pkcs8: Uint8Array): Uint8Array {
  return spkiOf(importPrivateKey(pkcs8));
}
