import type { KeyObject } from 'node:crypto';
import { curves, type Point, readPoint, toInteger } from './curve.ts';
import { signDigest, verifyDigest } from './digest-signature.ts';
import { type RsaHash, signPkcs1Digest, signPssDigest } from './rsa-digest-signature.ts';
import { ecScalarOf } from './sm2-key-octets.ts';

export type CurveSpec = keyof typeof curves;

/** Work over a finished digest that takes long enough to be done off the main thread; plain data, which threads can exchange. */
export type DigestTask =
  | {
      readonly operation: 'sign RSA';
      readonly padding: 'rsa-pss' | 'rsa-pkcs1';
      readonly hash: RsaHash;
      readonly digest: Uint8Array;
    }
  | { readonly operation: 'sign'; readonly curve: CurveSpec; readonly digest: Uint8Array }
  | {
      readonly operation: 'verify';
      readonly curve: CurveSpec;
      readonly digest: Uint8Array;
      readonly signature: Uint8Array;
    };

/** The signature, or whether it holds. */
export type DigestResult = Uint8Array | boolean;

/** Scalars of busy keys; they go when their key objects do. */
const scalars = new WeakMap<KeyObject, bigint>();

function scalarOf(privateKey: KeyObject): bigint {
  const known = scalars.get(privateKey);
  if (known !== undefined) return known;
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const bytes = ecScalarOf(pkcs8);
  const scalar = toInteger(bytes);
  pkcs8.fill(0);
  bytes.fill(0);
  scalars.set(privateKey, scalar);
  return scalar;
}

/** Points of busy public keys, likewise: to export one takes as long as a tenth of a verification. */
const points = new WeakMap<KeyObject, Point>();

function pointOf(publicKey: KeyObject, curveSpec: CurveSpec): Point {
  const known = points.get(publicKey);
  if (known) return known;
  const curve = curves[curveSpec];
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const point = readPoint(curve, spki.subarray(-(2 * curve.bytes + 1)));
  points.set(publicKey, point);
  return point;
}

/** A signature over a digest, on the thread that asks. */
export function signOverCurve(curve: CurveSpec, digest: Uint8Array, privateKey: KeyObject): Buffer {
  return signDigest(schemeOf(curve), curves[curve], scalarOf(privateKey), digest);
}

function schemeOf(curve: CurveSpec): 'SM2' | 'ECDSA' {
  return curve === 'SM2' ? 'SM2' : 'ECDSA';
}

/** `key` is the private key to sign with, or the public key to verify with. */
export function performDigestTask(task: DigestTask, key: KeyObject): DigestResult {
  switch (task.operation) {
    case 'sign RSA': {
      const sign = task.padding === 'rsa-pss' ? signPssDigest : signPkcs1Digest;
      return sign(key, task.hash, task.digest);
    }
    case 'sign':
      return signOverCurve(task.curve, task.digest, key);
    case 'verify': {
      const point = pointOf(key, task.curve);
      return verifyDigest(schemeOf(task.curve), curves[task.curve], point, task.digest, task.signature);
    }
  }
}
