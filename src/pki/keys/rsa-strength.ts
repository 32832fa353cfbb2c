import { derCursor, readDerAs, tags, toBigInt } from '../der/index.ts';
import { MalformedError, UnsupportedAlgorithmError } from '../malformed-error.ts';

const minimumBits = 2048;
// Verifying costs the square of the length, and requests come from strangers.
const maximumBits = 8192;
// OpenSSL refuses longer exponents for large moduli for the same reason.
const maximumExponent = 2n ** 64n;

/** Length in bits of a DER RSAPublicKey's modulus. Throws MalformedError when malformed or weak. */
export function checkRsaPublicKey(rsaPublicKey: Uint8Array): number {
  const cursor = derCursor(readDerAs(tags.sequence, rsaPublicKey));
  const modulusValue = cursor.take(tags.integer);
  const exponent = toBigInt(cursor.take(tags.integer));
  cursor.end();
  if (modulusValue.length > maximumBits / 8 + 1) throw new UnsupportedAlgorithmError('RSA key too long');
  const modulus = toBigInt(modulusValue);
  if (modulus <= 0n || modulus % 2n === 0n) throw new MalformedError('RSA modulus is not odd');
  const magnitude = modulusValue.value[0] === 0 ? modulusValue.value.subarray(1) : modulusValue.value;
  const bits = 8 * magnitude.length - (Math.clz32(magnitude[0]!) - 24);
  if (bits < minimumBits) throw new UnsupportedAlgorithmError(`RSA key of ${bits} bits is too short`);
  if (bits > maximumBits) throw new UnsupportedAlgorithmError('RSA key too long');
  if (exponent < 3n || exponent % 2n === 0n || exponent > maximumExponent) {
    throw new MalformedError('RSA public exponent is not odd and from 3 to 2^64');
  }
  return bits;
}
