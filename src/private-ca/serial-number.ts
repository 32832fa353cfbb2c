import { newSerialNumber as serialNumberFromPrefix } from '../pki/index.ts';
import type { Random } from '../platform/random.ts';

/**
 * A serial number whose decimal form begins with the UTC time, yyyyMMddHHmmss, as in all the reference's examples, and goes on
 * with 64 random bits (what the CA/Browser Forum's Baseline Requirements §7.1 want). That no issuer uses one twice is
 * what the key of `issued_serials` is for.
 */
export function newSerialNumber(random: Random, nowMs: number): bigint {
  const time = new Date(nowMs).toISOString().replace(/\D/g, '').slice(0, 14);
  const octets = serialNumberFromPrefix((length) => random.bytes(length), BigInt(time));
  return BigInt(`0x${Buffer.from(octets).toString('hex')}`);
}
