import { createHash, timingSafeEqual } from 'node:crypto';
import { kdf, sm2 } from 'sm-crypto-v2';
import { der, derCursor, readDerAs, tags } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';

const curveOrder = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
const coordinateLength = 32;
const maximumLength = 65_536;

/**
 * SM2 public-key encryption (GM/T 0003.4 §6) as the SM2Cipher of GM/T 0009 §7.2, in DER. `point` is the recipient's
 * uncompressed public key. The library's own encryption is not used since it takes its randomness by itself.
 */
export function encryptSm2(
  plaintext: Uint8Array,
  point: Uint8Array,
  randomBytes: (length: number) => Uint8Array,
): Uint8Array {
  if (plaintext.length === 0 || plaintext.length > maximumLength)
    throw new RangeError('SM2: 1 to 65536 bytes');
  const ephemeral = ephemeralScalar(randomBytes);
  const [x, y] = coordinates(Buffer.from(sm2.getPublicKeyFromPrivateKey(ephemeral), 'hex'));
  const [x2, y2] = sharedPoint(ephemeral, point);
  const ciphertext = applyKeyStream(plaintext, x2, y2);
  // Step A5 asks for another ephemeral key where the stream is all zero. That is one case in 256 for a single byte.
  if (Buffer.compare(ciphertext, plaintext) === 0) return encryptSm2(plaintext, point, randomBytes);
  const hash = createHash('sm3').update(x2).update(plaintext).update(y2).digest();
  return der.sequence(der.integer(x), der.integer(y), der.octetString(hash), der.octetString(ciphertext));
}

/**
 * The plaintext of an SM2Cipher for the 32-byte private `scalar`. Throws MalformedError, also if the ciphertext is for
 * another key or was changed.
 */
export function decryptSm2(sm2Cipher: Uint8Array, scalar: Uint8Array): Uint8Array {
  if (sm2Cipher.length > maximumLength) throw new MalformedError('SM2: the ciphertext is too long');
  const cursor = derCursor(readDerAs(tags.sequence, sm2Cipher));
  const x = coordinate(cursor.take(tags.integer).value);
  const y = coordinate(cursor.take(tags.integer).value);
  const hash = cursor.take(tags.octetString).value;
  const ciphertext = cursor.take(tags.octetString).value;
  cursor.end();
  const [x2, y2] = sharedPoint(Buffer.from(scalar).toString('hex'), Buffer.concat([Uint8Array.of(4), x, y]));
  const plaintext = applyKeyStream(ciphertext, x2, y2);
  const expected = createHash('sm3').update(x2).update(plaintext).update(y2).digest();
  if (hash.length !== expected.length || !timingSafeEqual(hash, expected)) {
    throw new MalformedError('SM2: the ciphertext is for another key or was changed');
  }
  return plaintext;
}

// 64 bits more than the order has, so that the remainder is as good as uniform (FIPS 186-5 §A.2.1).
function ephemeralScalar(randomBytes: (length: number) => Uint8Array): string {
  const random = BigInt(`0x${Buffer.from(randomBytes(40)).toString('hex')}`);
  return ((random % (curveOrder - 1n)) + 1n).toString(16).padStart(64, '0');
}

function sharedPoint(scalar: string, point: Uint8Array): [Uint8Array, Uint8Array] {
  try {
    // The library checks that the point is on the curve; the cofactor of the curve is 1.
    return coordinates(sm2.ecdh(scalar, Buffer.from(point).toString('hex'), false));
  } catch {
    throw new MalformedError('SM2: not a point of the curve');
  }
}

function coordinates(point: Uint8Array): [Uint8Array, Uint8Array] {
  return [point.subarray(1, 1 + coordinateLength), point.subarray(1 + coordinateLength)];
}

// Some writers leave out the zero byte before a coordinate above 2^255, so the sign is not looked at.
function coordinate(integer: Uint8Array): Uint8Array {
  const magnitude =
    integer.length === coordinateLength + 1 && integer[0] === 0 ? integer.subarray(1) : integer;
  if (magnitude.length > coordinateLength) throw new MalformedError('SM2: a coordinate is too long');
  return Buffer.concat([new Uint8Array(coordinateLength - magnitude.length), magnitude]);
}

function applyKeyStream(data: Uint8Array, x2: Uint8Array, y2: Uint8Array): Uint8Array {
  const stream = kdf(Buffer.concat([x2, y2]), data.length);
  return Uint8Array.from(data, (byte, index) => byte ^ stream[index]!);
}
