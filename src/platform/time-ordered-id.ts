import type { Random } from './random.ts';

/**
 * UUID of RFC 9562 version 7, lower case: 48 bits of milliseconds since 1970, 74 random ones. For ids of rows that come by the
 * thousand: an index on random ids has a page to change for each new row, this one has a page for all of a batch.
 */
export function timeOrderedId(random: Random, nowMs: number): string {
  const octets = Buffer.alloc(16);
  octets.writeUIntBE(nowMs, 0, 6);
  octets.set(random.bytes(10), 6);
  // RFC 9562 §5.7: version 7, and the variant of §4.1.
  octets[6] = 0x70 | (octets[6]! & 0x0f);
  octets[8] = 0x80 | (octets[8]! & 0x3f);
  const hex = octets.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
