import { createPublicKey } from 'node:crypto';
import { der } from '../../../pki/index.ts';
import type { TokenKeyPairAlgorithm } from './token.ts';

export type EcAlgorithm = Exclude<TokenKeyPairAlgorithm, `RSA${string}`>;

export interface Curve {
  readonly name: string;
  /** SEC 2 and RFC 5480 §2.1.1.1: the namedCurve, DER. */
  readonly parameters: Buffer;
  readonly coordinateBytes: number;
}

export const curves: Readonly<Record<EcAlgorithm, Curve>> = {
  EC256: { name: 'P-256', parameters: Buffer.from(der.oid('1.2.840.10045.3.1.7')), coordinateBytes: 32 },
  EC384: { name: 'P-384', parameters: Buffer.from(der.oid('1.3.132.0.34')), coordinateBytes: 48 },
  EC521: { name: 'P-521', parameters: Buffer.from(der.oid('1.3.132.0.35')), coordinateBytes: 66 },
  SECP256K1: { name: 'secp256k1', parameters: Buffer.from(der.oid('1.3.132.0.10')), coordinateBytes: 32 },
};

export function isRsa(
  algorithm: TokenKeyPairAlgorithm,
): algorithm is Exclude<TokenKeyPairAlgorithm, EcAlgorithm> {
  return algorithm.startsWith('RSA');
}

/** CKA_MODULUS and CKA_PUBLIC_EXPONENT are big-endian. */
export function rsaSpki(modulus: Buffer, exponent: Buffer): Uint8Array {
  const key = { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') };
  return createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'der' });
}

/** CKA_EC_POINT is an OCTET STRING around the point (PKCS #11 v2.40 §2.3.3); some tokens leave the wrapping away. */
export function ecSpki(algorithm: EcAlgorithm, point: Buffer): Uint8Array {
  const { name, coordinateBytes } = curves[algorithm];
  const coordinates = point.subarray(-2 * coordinateBytes);
  const key = {
    kty: 'EC',
    crv: name,
    x: coordinates.toString('base64url', 0, coordinateBytes),
    y: coordinates.toString('base64url', coordinateBytes),
  };
  return createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'der' });
}

/** PKCS #11 gives r and s side by side; certificates and the API carry them in DER (RFC 3279 §2.2.3). */
export function ecdsaDer(signature: Buffer): Uint8Array {
  const half = signature.length / 2;
  return der.sequence(der.integer(signature.subarray(0, half)), der.integer(signature.subarray(half)));
}
