import { createPublicKey, type KeyObject } from 'node:crypto';
import {
  type KeyAlgorithm,
  type KeyKind,
  parseAlgorithmIdentifier,
  type SignatureAlgorithm,
} from '../algorithms.ts';
import { type DerValue, derCursor, readDerAs, tags, toOid, toWholeBitString } from '../der/index.ts';
import { MalformedError, UnsupportedAlgorithmError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { verifyWithNode } from './node-signature.ts';
import { checkRsaPublicKey } from './rsa-strength.ts';
import { verifySm2 } from './sm2-signature.ts';

/** A public key that was checked: supported, strong enough, and a point of its curve. */
export type PublicKeyInfo = {
  readonly kind: KeyKind;
  /** Undefined for RSA keys of other lengths than those that are generated here. */
  readonly algorithm: KeyAlgorithm | undefined;
  /** Length in bits: of the RSA modulus, of the curve's field, of the whole ML-DSA key. */
  readonly bits: number;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** Content of subjectPublicKey: what key identifiers are the hash of. */
  readonly keyBits: Uint8Array;
  /** Checks a signature, off the main thread (SM2: on it). False also for an algorithm of another key kind. */
  verify(data: Uint8Array, signature: Uint8Array, signatureAlgorithm: SignatureAlgorithm): Promise<boolean>;
};

type Checked = Pick<PublicKeyInfo, 'kind' | 'algorithm' | 'bits'>;

const curves: Record<string, Checked & { coordinateLength: number }> = {
  [oids.prime256v1]: { kind: 'EC', algorithm: 'EC256', bits: 256, coordinateLength: 32 },
  [oids.secp384r1]: { kind: 'EC', algorithm: 'EC384', bits: 384, coordinateLength: 48 },
  [oids.secp521r1]: { kind: 'EC', algorithm: 'EC521', bits: 521, coordinateLength: 66 },
  [oids.sm2Curve]: { kind: 'SM2', algorithm: 'SM2', bits: 256, coordinateLength: 32 },
};

// RFC 8410 §4 and RFC 9881 §4: the key itself, without further ASN.1.
const rawKeys: Record<string, Checked & { length: number }> = {
  [oids.ed25519]: { kind: 'ED25519', algorithm: 'ED25519', bits: 256, length: 32 },
  [oids.mlDsa44]: { kind: 'MLDSA44', algorithm: 'MLDSA44', bits: 10_496, length: 1312 },
  [oids.mlDsa65]: { kind: 'MLDSA65', algorithm: 'MLDSA65', bits: 15_616, length: 1952 },
  [oids.mlDsa87]: { kind: 'MLDSA87', algorithm: 'MLDSA87', bits: 20_736, length: 2592 },
};

function checkEcKey(parameters: DerValue | undefined, point: Uint8Array): Checked {
  // RFC 5480 §2.1.1: only named curves in PKIX certificates.
  const curve = parameters?.tag === tags.oid ? curves[toOid(parameters)] : undefined;
  if (curve === undefined) throw new UnsupportedAlgorithmError('elliptic curve not supported');
  // RFC 5480 §2.2: everyone supports uncompressed points; one form keeps equal keys equal in bytes.
  if (point[0] !== 0x04 || point.length !== 1 + 2 * curve.coordinateLength) {
    throw new MalformedError('elliptic curve point is not uncompressed');
  }
  return { kind: curve.kind, algorithm: curve.algorithm, bits: curve.bits };
}

function checkRsaKey(parameters: DerValue | undefined, key: Uint8Array): Checked {
  // RFC 3279 §2.3.1: NULL.
  if (parameters?.tag !== tags.null) throw new MalformedError('RSA key parameters are not NULL');
  const bits = checkRsaPublicKey(key);
  const generated = bits === 2048 || bits === 3072 || bits === 4096;
  return { kind: 'RSA', algorithm: generated ? `RSA${bits}` : undefined, bits };
}

function checkKey(oid: string, parameters: DerValue | undefined, key: Uint8Array): Checked {
  if (oid === oids.rsaEncryption) return checkRsaKey(parameters, key);
  if (oid === oids.ecPublicKey) return checkEcKey(parameters, key);
  const rawKey = rawKeys[oid];
  if (rawKey === undefined) throw new UnsupportedAlgorithmError(`public key algorithm ${oid} not supported`);
  if (parameters !== undefined || key.length !== rawKey.length)
    throw new MalformedError('malformed public key');
  return { kind: rawKey.kind, algorithm: rawKey.algorithm, bits: rawKey.bits };
}

/** The two parts of a DER SubjectPublicKeyInfo, unchecked beyond its form. Throws MalformedError. */
export function readSpki(spki: Uint8Array): {
  oid: string;
  parameters: DerValue | undefined;
  keyBits: Uint8Array;
} {
  const cursor = derCursor(readDerAs(tags.sequence, spki));
  const { oid, parameters } = parseAlgorithmIdentifier(cursor.take(tags.sequence));
  const keyBits = toWholeBitString(cursor.take(tags.bitString));
  cursor.end();
  return { oid, parameters, keyBits };
}

function importKey(spki: Uint8Array): KeyObject {
  try {
    // OpenSSL checks here that the point is on its curve.
    return createPublicKey({
      key: Buffer.from(spki.buffer, spki.byteOffset, spki.length),
      format: 'der',
      type: 'spki',
    });
  } catch {
    throw new MalformedError('public key is not valid');
  }
}

/**
 * Reads and checks a DER SubjectPublicKeyInfo. Throws MalformedError for bad form, points off the curve and weak RSA
 * keys, and its UnsupportedAlgorithmError for other algorithms and curves.
 */
export function parsePublicKey(spki: Uint8Array): PublicKeyInfo {
  const { oid, parameters, keyBits } = readSpki(spki);
  const checked = checkKey(oid, parameters, keyBits);
  const keyObject = importKey(spki);
  return {
    ...checked,
    spki,
    keyBits,
    async verify(data, signature, signatureAlgorithm) {
      if (signatureAlgorithm.keyKind !== checked.kind) return false;
      if (checked.kind === 'SM2') return verifySm2(data, signature, keyBits);
      return verifyWithNode(data, signature, signatureAlgorithm, keyObject);
    },
  };
}

/** Whether two DER SubjectPublicKeyInfo hold the same key. Accepted keys have one encoding only, so bytes decide. */
export function samePublicKey(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
