import { newSerialNumber as serialNumberFromPrefix } from '../pki/index.ts';
import type { Random } from '../platform/random.ts';

/**
 * A serial number whose decimal form begins with the UTC time, yyyyMMddHHmmss, as in all the reference's examples, and goes on
 * with 64 random bits (what the CA/Browser Forum's Baseline Requirements §7.1 want). That no issuer uses one twice is
 * what the key of `issued_serials` is for.
 */
export function newSerialNumber(random: Random, nowMs: number): bigint {
  const octets = serialNumberFromPrefix((length) => random.bytes(length), BigInt(timePrefix(nowMs)));
  return BigInt(`0x${Buffer.from(octets).toString('hex')}`);
}

const hourMs = 3_600_000;
const randomDigits = 20;

/** The bounds, as decimal text, of the serial numbers that were issued within an hour of this one. */
export function serialNumbersNear(serialNumber: string): { readonly from: string; readonly to: string } {
  const [year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/
    .exec(serialNumber)!
    .slice(1)
    .map(Number) as [number, number, number, number, number, number];
  const issuedMs = Date.UTC(year, month - 1, day, hour, minute, second);
  return {
    from: timePrefix(issuedMs - hourMs) + '0'.repeat(randomDigits),
    to: timePrefix(issuedMs + hourMs) + '9'.repeat(randomDigits),
  };
}

function timePrefix(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\D/g, '').slice(0, 14);
}
