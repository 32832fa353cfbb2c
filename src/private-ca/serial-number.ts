import type { Random } from '../platform/random.ts';

// 10^20 is 66 bits: CA/Browser Forum Baseline Requirements §7.1 want 64 bits from a strong random source.
const randomDigits = 20;

/**
 * A serial number whose decimal form begins with the UTC time, yyyyMMddHHmmss, as in all the reference's examples, and goes
 * on with 20 random digits. 34 digits are 15 octets: positive, and within the 20 octets of RFC 5280 §4.1.2.2. That no issuer uses one
 * twice is what the key of `issued_serials` is for.
 */
export function newSerialNumber(random: Random, nowMs: number): bigint {
  const time = new Date(nowMs).toISOString().replace(/\D/g, '').slice(0, 14);
  // 16 octets reduced to 66 bits: the bias is below 2^-61.
  const tail = BigInt(`0x${Buffer.from(random.bytes(16)).toString('hex')}`) % 10n ** BigInt(randomDigits);
  return BigInt(time + tail.toString().padStart(randomDigits, '0'));
}
