import { randomBytes } from 'node:crypto';
import { der, derCursor, readDerAs, tags, toBigInt } from '../../pki/index.ts';
import {
  add,
  type Curve,
  invert,
  modulo,
  multiply,
  multiplyBase,
  type Point,
  randomMultiple,
  toBytes,
  toInteger,
} from './curve.ts';

/**
 * Signatures over a digest that the caller made. Node signs messages only, so what it cannot be asked for (multiplying points) is left
 * to OpenSSL, and the two lines of arithmetic after it are here. Private scalars enter it only multiplied by a random number.
 */
export type DigestScheme = 'ECDSA' | 'SM2';

function blinding(curve: Curve): bigint {
  // 64 bits more than the order: as good as uniform (FIPS 186-5 §A.2.1).
  return 1n + (toInteger(randomBytes(curve.bytes + 8)) % (curve.n - 1n));
}

interface Numbers {
  readonly r: bigint;
  readonly s: bigint;
}

/** FIPS 186-5 §6.4.1: s = k⁻¹ (e + r d), here (bk)⁻¹ (be + r (bd)). */
function signEcdsa(curve: Curve, scalar: bigint, digest: Uint8Array): Numbers | undefined {
  const { n } = curve;
  const { k, point } = randomMultiple(curve);
  const r = modulo(point.x, n);
  const b = blinding(curve);
  const blindedScalar = (b * scalar) % n;
  const s = modulo(invert((b * k) % n, n) * modulo(b * toInteger(digest) + r * blindedScalar, n), n);
  return r === 0n || s === 0n ? undefined : { r, s };
}

/** GB/T 32918.2 §6.1: s = (1 + d)⁻¹ (k − r d), here (b + bd)⁻¹ (bk − r (bd)). */
function signSm2(curve: Curve, scalar: bigint, digest: Uint8Array): Numbers | undefined {
  const { n } = curve;
  const { k, point } = randomMultiple(curve);
  const r = modulo(toInteger(digest) + point.x, n);
  if (r === 0n || r + k === n) return undefined;
  const b = blinding(curve);
  const blindedScalar = (b * scalar) % n;
  const s = modulo(invert(b + blindedScalar, n) * modulo(b * k - r * blindedScalar, n), n);
  return s === 0n ? undefined : { r, s };
}

/** DER SEQUENCE of two INTEGERs. `scalar` is the private key; the digest has the length of the curve's order. */
export function signDigest(scheme: DigestScheme, curve: Curve, scalar: bigint, digest: Uint8Array): Buffer {
  for (;;) {
    const numbers = scheme === 'ECDSA' ? signEcdsa(curve, scalar, digest) : signSm2(curve, scalar, digest);
    if (!numbers) continue;
    const { r, s } = numbers;
    const octets = [toBytes(r, curve.bytes), toBytes(s, curve.bytes)].map((bytes) => der.integer(bytes));
    return Buffer.from(der.sequence(...octets));
  }
}

function readSignature(curve: Curve, signature: Uint8Array): Numbers | undefined {
  try {
    const cursor = derCursor(readDerAs(tags.sequence, signature));
    const r = toBigInt(cursor.take(tags.integer));
    const s = toBigInt(cursor.take(tags.integer));
    cursor.end();
    return r > 0n && r < curve.n && s > 0n && s < curve.n ? { r, s } : undefined;
  } catch {
    // Not DER: no signature, which is an answer and not a failure.
    return undefined;
  }
}

/** u · G + v · Q; a factor may be 0. */
function combine(curve: Curve, u: bigint, v: bigint, publicPoint: Point): Point | undefined {
  const left = u === 0n ? undefined : multiplyBase(curve, u);
  const right = v === 0n ? undefined : multiply(curve, v, publicPoint);
  return add(curve, left, right);
}

/** Whether a DER signature holds for the digest; false for whatever is not a signature. */
export function verifyDigest(
  scheme: DigestScheme,
  curve: Curve,
  publicPoint: Point,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const numbers = readSignature(curve, signature);
  if (!numbers) return false;
  const { r, s } = numbers;
  const { n } = curve;
  const e = toInteger(digest);
  if (scheme === 'SM2') {
    // GB/T 32918.2 §7.1.
    const t = modulo(r + s, n);
    if (t === 0n) return false;
    const point = combine(curve, s, t, publicPoint);
    return point !== undefined && modulo(e + point.x, n) === r;
  }
  // FIPS 186-5 §6.4.2.
  const inverse = invert(s, n);
  const point = combine(curve, modulo(e * inverse, n), modulo(r * inverse, n), publicPoint);
  return point !== undefined && modulo(point.x, n) === r;
}
