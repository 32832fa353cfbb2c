import { createECDH, randomBytes } from 'node:crypto';
import { sm2 } from 'sm-crypto-v2';

/** A curve y² = x³ + ax + b over the field of p, with base point of prime order n and cofactor 1. */
export interface Curve {
  /** OpenSSL's name. */
  readonly name: 'prime256v1' | 'secp384r1' | 'secp256k1' | 'SM2';
  readonly p: bigint;
  readonly a: bigint;
  readonly b: bigint;
  readonly n: bigint;
  /** Length of a coordinate. */
  readonly bytes: number;
}

export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

const p256 = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const p384 = 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n;
const pSm2 = 2n ** 256n - 2n ** 224n - 2n ** 96n + 2n ** 64n - 1n;

/** SEC 2 §2.4.1, §2.4.2 and §2.5.1; GB/T 32918.5 §4. */
export const curves = {
  EC_P256: {
    name: 'prime256v1',
    p: p256,
    a: p256 - 3n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    bytes: 32,
  },
  EC_P384: {
    name: 'secp384r1',
    p: p384,
    a: p384 - 3n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    bytes: 48,
  },
  SECP256K1: {
    name: 'secp256k1',
    p: 2n ** 256n - 2n ** 32n - 977n,
    a: 0n,
    b: 7n,
    n: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
    bytes: 32,
  },
  SM2: {
    name: 'SM2',
    p: pSm2,
    a: pSm2 - 3n,
    b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
    n: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
    bytes: 32,
  },
} as const satisfies Record<string, Curve>;

export function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** Leading digits that a number holds exactly, with room for the cofactors that are added to them. */
const LEADING_BITS = 52;

/** The steps of Euclid that the leading digits of two numbers decide alone, as a matrix (a b; c d); b is 0 if there are none. */
function leadingSteps(left: number, right: number) {
  let [x, y, a, b, c, d] = [left, right, 1, 0, 0, 1];
  while (y + c !== 0 && y + d !== 0) {
    const quotient = Math.floor((x + a) / (y + c));
    if (quotient !== Math.floor((x + b) / (y + d))) break;
    [a, b, c, d] = [c, d, a - quotient * c, b - quotient * d];
    [x, y] = [y, x - quotient * y];
  }
  return { a: BigInt(a), b: BigInt(b), c: BigInt(c), d: BigInt(d) };
}

/**
 * Extended Euclid after Lehmer (Knuth, "The Art of Computer Programming", 4.5.2, algorithm L): 25 bits a step, as plain steps of big
 * integers take three times as long. For a prime modulus and any value that is no multiple of it. The time depends on `value`, so
 * secrets are blinded before.
 */
export function invert(value: bigint, modulus: bigint): bigint {
  let [r, nextR] = [modulus, modulo(value, modulus)];
  let [t, nextT] = [0n, 1n];
  let bits = 4 * modulus.toString(16).length;
  while (nextR !== 0n) {
    while (bits > LEADING_BITS && r >> BigInt(bits - 8) === 0n) bits -= 8;
    const shift = BigInt(Math.max(bits - LEADING_BITS, 0));
    const { a, b, c, d } = leadingSteps(Number(r >> shift), Number(nextR >> shift));
    if (b === 0n) {
      const quotient = r / nextR;
      [r, nextR] = [nextR, r - quotient * nextR];
      [t, nextT] = [nextT, t - quotient * nextT];
    } else {
      [r, nextR] = [a * r + b * nextR, c * r + d * nextR];
      [t, nextT] = [a * t + b * nextT, c * t + d * nextT];
    }
  }
  return modulo(t, modulus);
}

export function toInteger(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

export function toBytes(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');
}

/** An uncompressed point, which OpenSSL wrote or has checked. */
export function readPoint(curve: Curve, bytes: Uint8Array): Point {
  return {
    x: toInteger(bytes.subarray(1, 1 + curve.bytes)),
    y: toInteger(bytes.subarray(1 + curve.bytes)),
  };
}

function writePoint(curve: Curve, { x, y }: Point): Buffer {
  return Buffer.concat([Buffer.of(4), toBytes(x, curve.bytes), toBytes(y, curve.bytes)]);
}

/** k · G for 0 < k < n, by OpenSSL. */
export function multiplyBase(curve: Curve, k: bigint): Point {
  const ecdh = createECDH(curve.name);
  const scalar = toBytes(k, curve.bytes);
  ecdh.setPrivateKey(scalar);
  scalar.fill(0);
  return readPoint(curve, ecdh.getPublicKey());
}

/**
 * A random scalar below the order (FIPS 186-5 §A.3.2) and its multiple of the base point. OpenSSL's own generation of a pair takes twice
 * as long, as it checks what it made.
 */
export function randomMultiple(curve: Curve): { k: bigint; point: Point } {
  for (;;) {
    const candidate = randomBytes(curve.bytes);
    const k = toInteger(candidate);
    candidate.fill(0);
    if (k > 0n && k < curve.n) return { k, point: multiplyBase(curve, k) };
  }
}

function multipleX(curve: Curve, k: bigint, point: Buffer): bigint {
  const ecdh = createECDH(curve.name);
  ecdh.setPrivateKey(toBytes(k, curve.bytes));
  return toInteger(ecdh.computeSecret(point));
}

function multiplySm2(curve: Curve, k: bigint, point: Buffer): Point {
  return readPoint(curve, sm2.ecdh(toBytes(k, curve.bytes).toString('hex'), point.toString('hex'), false));
}

/**
 * k · P for 0 < k < n. OpenSSL multiplies, but Node gives only the x of the result (ECDH); the y follows from the x of the neighbour
 * (k + 1) · P (Brier and Joye, "Weierstraß Elliptic Curves and Side-Channel Attacks", PKC 2002, proposition 2).
 */
export function multiply(curve: Curve, k: bigint, point: Point): Point {
  const { p, a, b, n } = curve;
  if (k === n - 1n) return { x: point.x, y: modulo(-point.y, p) };
  const encoded = writePoint(curve, point);
  // Node's ECDH refuses SM2.
  if (curve.name === 'SM2') return multiplySm2(curve, k, encoded);
  const x1 = multipleX(curve, k, encoded);
  const x2 = multipleX(curve, k + 1n, encoded);
  const { x, y } = point;
  const difference = x - x1;
  const numerator = 2n * b + (a + x * x1) * (x + x1) - x2 * difference * difference;
  return { x: x1, y: modulo(modulo(numerator, p) * invert(2n * y, p), p) };
}

/** Undefined is the point at infinity. Of public points only: its time depends on them. */
export function add(curve: Curve, left: Point | undefined, right: Point | undefined): Point | undefined {
  if (!left || !right) return left ?? right;
  const { p, a } = curve;
  const sameX = left.x === right.x;
  if (sameX && modulo(left.y + right.y, p) === 0n) return undefined;
  const slope = sameX
    ? (3n * left.x * left.x + a) * invert(2n * left.y, p)
    : (right.y - left.y) * invert(right.x - left.x, p);
  const x = modulo(slope * slope - left.x - right.x, p);
  return { x, y: modulo(slope * (left.x - x) - left.y, p) };
}
