import { MalformedError } from '../malformed-error.ts';

const prefixShift = 10n ** 20n;

/**
 * A serial number: positive, at most 20 octets (RFC 5280 §4.1.2.2), big-endian without a leading zero. Without a prefix
 * 16 octets with 126 random bits. With one, the decimal digits of `prefix` followed by 20 digits of 64 random bits, so
 * that it reads as the reference's do: they begin with the time of issue. `prefix` is positive and below 10^27.
 */
export function newSerialNumber(randomBytes: (length: number) => Uint8Array, prefix?: bigint): Uint8Array {
  if (prefix === undefined) {
    const serialNumber = Uint8Array.from(randomBytes(16));
    // Positive, and always of the same length.
    serialNumber[0] = (serialNumber[0]! & 0x7f) | 0x40;
    return serialNumber;
  }
  // 10^47 is the largest power of ten below 2^159.
  if (prefix <= 0n || prefix >= 10n ** 27n) throw new MalformedError('serial number prefix out of range');
  const random = BigInt(`0x${Buffer.from(randomBytes(8)).toString('hex')}`);
  const hex = (prefix * prefixShift + random).toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}
