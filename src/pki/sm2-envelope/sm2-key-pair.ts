import { sm2 } from 'sm-crypto-v2';
import { der } from '../der/index.ts';
import { publicKeyOfPkcs8 } from '../keys/private-key.ts';
import { parsePublicKey } from '../keys/public-key.ts';
import { sm2ScalarOf } from '../keys/traditional-key.ts';
import { MalformedError, UnsupportedAlgorithmError } from '../malformed-error.ts';
import { oids } from '../oids.ts';

/** An SM2 key pair as the envelopes hold it: the 32-byte scalar and the uncompressed point. */
export type Sm2KeyPair = { scalar: Uint8Array; point: Uint8Array };

const scalarLength = 32;

/** The uncompressed point of an SM2 public key in DER. Throws UnsupportedAlgorithmError for other keys. */
export function sm2PointOf(publicKeySpki: Uint8Array): Uint8Array {
  const publicKey = parsePublicKey(publicKeySpki);
  if (publicKey.kind !== 'SM2') throw new UnsupportedAlgorithmError('not an SM2 key');
  return publicKey.keyBits;
}

/** Scalar and point of an SM2 key in PKCS #8. Throws MalformedError. */
export function sm2KeyPairOf(privateKeyPkcs8: Uint8Array): Sm2KeyPair {
  const point = sm2PointOf(publicKeyOfPkcs8(privateKeyPkcs8));
  return { scalar: sm2ScalarOf(privateKeyPkcs8), point };
}

/** The key pair of a decrypted scalar. Throws MalformedError if it is not between 1 and the order of the curve. */
export function sm2KeyPairOfScalar(scalar: Uint8Array): Sm2KeyPair {
  try {
    const point = sm2.getPublicKeyFromPrivateKey(Buffer.from(scalar).toString('hex'));
    return { scalar, point: Buffer.from(point, 'hex') };
  } catch {
    throw new MalformedError('SM2: not a private key');
  }
}

/**
 * The scalar in what was decrypted. The standards name no form. Seen in use are the bare 32 bytes, the 64 bytes of the
 * device interfaces (GM/T 0016 and 0018, 32 zeros before the scalar), and 32 bytes with PKCS #7 padding.
 */
export function scalarOfPlaintext(plaintext: Uint8Array): Uint8Array {
  const [head, tail] = [plaintext.subarray(0, scalarLength), plaintext.subarray(scalarLength)];
  if (tail.length === 0 && head.length === scalarLength) return head;
  if (tail.length === 16 && tail.every((byte) => byte === 16)) return head;
  if (tail.length === scalarLength && head.every((byte) => byte === 0)) return tail;
  throw new MalformedError('SM2: the envelope does not hold a private key');
}

/** PKCS #8 of an SM2 key pair in the form that OpenSSL writes (RFC 5915 with the public key, without the curve). */
export function sm2Pkcs8({ scalar, point }: Sm2KeyPair): Uint8Array {
  const key = der.sequence(der.integer(1), der.octetString(scalar), der.explicit(1, der.bitString(point)));
  const algorithm = der.sequence(der.oid(oids.ecPublicKey), der.oid(oids.sm2Curve));
  return der.sequence(der.integer(0), algorithm, der.octetString(key));
}
