import { MalformedError } from '../malformed-error.ts';
import type { DerValue } from './reader.ts';
import { tags } from './tags.ts';

/** Content rules of DER that hold whatever the structure: X.690 §8.2-8.8, §8.19, §11.1, §11.2. */
export function checkPrimitive(value: DerValue): void {
  if (value.tag === tags.integer || value.tag === tags.enumerated) checkInteger(value);
  else if (value.tag === tags.boolean) checkBoolean(value);
  else if (value.tag === tags.oid) checkOid(value);
  else if (value.tag === tags.bitString) checkBitString(value);
  else if (value.tag === tags.null && value.length !== 0) throw new MalformedError('DER: NULL with content');
}

function checkInteger({ source, start, headerLength, length }: DerValue): void {
  if (length === 0) throw new MalformedError('DER: empty integer');
  if (length === 1) return;
  const first = source[start + headerLength]!;
  const second = source[start + headerLength + 1]!;
  if ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80)) {
    throw new MalformedError('DER: integer not minimal');
  }
}

function checkBoolean({ source, start, headerLength, length }: DerValue): void {
  const octet = source[start + headerLength];
  if (length !== 1 || (octet !== 0x00 && octet !== 0xff))
    throw new MalformedError('DER: boolean not 00 or FF');
}

function checkOid({ source, start, headerLength, end }: DerValue): void {
  const first = start + headerLength;
  if (first === end || source[end - 1]! >= 0x80) throw new MalformedError('DER: truncated object identifier');
  let arcStart = true;
  for (let at = first; at < end; at++) {
    const octet = source[at]!;
    if (arcStart && octet === 0x80) throw new MalformedError('DER: object identifier arc not minimal');
    arcStart = octet < 0x80;
  }
}

function checkBitString({ source, start, headerLength, length, end }: DerValue): void {
  const unused = source[start + headerLength];
  if (length === 0 || unused === undefined || unused > 7)
    throw new MalformedError('DER: bit string without header');
  if (unused === 0) return;
  // X.690 §11.2.1: each unused bit is zero.
  if (length === 1 || (source[end - 1]! & ((1 << unused) - 1)) !== 0) {
    throw new MalformedError('DER: unused bits not zero');
  }
}

/** True or false of a BOOLEAN. */
export function toBoolean(value: DerValue): boolean {
  checkBoolean(value);
  return value.source[value.start + value.headerLength] === 0xff;
}

/** An INTEGER of any size, signed. Throws MalformedError when not minimal. */
export function toBigInt(value: DerValue): bigint {
  checkInteger(value);
  const bytes = value.value;
  const magnitude = BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`);
  return bytes[0]! < 0x80 ? magnitude : magnitude - (1n << BigInt(8 * bytes.length));
}

/** An INTEGER of at most 6 octets, signed; larger ones throw MalformedError. */
export function toSmallInt(value: DerValue): number {
  checkInteger(value);
  if (value.length > 6) throw new MalformedError('DER: integer too large here');
  let result = 0;
  const first = value.start + value.headerLength;
  for (let at = first; at < value.end; at++) result = result * 256 + value.source[at]!;
  return value.source[first]! < 0x80 ? result : result - 256 ** value.length;
}

/** Dotted decimal of an OBJECT IDENTIFIER; arcs may exceed 64 bits (2.25.UUID). Throws MalformedError. */
export function toOid(value: DerValue): string {
  checkOid(value);
  const { source, end } = value;
  let dotted = '';
  let arc = 0;
  let bigArc: bigint | undefined;
  for (let at = value.start + value.headerLength; at < end; at++) {
    const octet = source[at]!;
    // Past 2^46 the next 7 bits could exceed what a double holds exactly.
    if (bigArc === undefined && arc >= 2 ** 46) bigArc = BigInt(arc);
    if (bigArc === undefined) arc = arc * 128 + (octet & 0x7f);
    else bigArc = (bigArc << 7n) | BigInt(octet & 0x7f);
    if (bigArc !== undefined && bigArc >> 160n)
      throw new MalformedError('DER: object identifier arc too large');
    if (octet >= 0x80) continue;
    dotted += dotted === '' ? firstArcs(bigArc ?? arc) : `.${bigArc ?? arc}`;
    arc = 0;
    bigArc = undefined;
  }
  return dotted;
}

/** X.690 §8.19.4: the first subidentifier carries the first two arcs as X*40 + Y. */
function firstArcs(combined: number | bigint): string {
  if (combined < 40) return `0.${combined}`;
  if (combined < 80) return `1.${Number(combined) - 40}`;
  return `2.${typeof combined === 'bigint' ? combined - 80n : combined - 80}`;
}

/** Bits of a BIT STRING; `unusedBits` (0-7) count from the low end of the last octet, and are zero. */
export function toBitString(value: DerValue): { unusedBits: number; bytes: Uint8Array } {
  checkBitString(value);
  const first = value.start + value.headerLength;
  return { unusedBits: value.source[first]!, bytes: value.source.subarray(first + 1, value.end) };
}

/** Octets of a BIT STRING that must be whole octets, as keys and signatures are. */
export function toWholeBitString(value: DerValue): Uint8Array {
  const { unusedBits, bytes } = toBitString(value);
  if (unusedBits !== 0) throw new MalformedError('DER: bit string is not whole octets');
  return bytes;
}

// No list of named bits in the standards of certificates has more than nine.
const mostNamedBytes = 8;

/** Named bits of a BIT STRING, bit 0 first. DER (X.690 §11.2.2) drops trailing zero bits. */
export function toNamedBits(value: DerValue): boolean[] {
  const { unusedBits, bytes } = toBitString(value);
  if (bytes.length > mostNamedBytes) throw new MalformedError('DER: too many named bits');
  const bits: boolean[] = [];
  const count = bytes.length * 8 - unusedBits;
  for (let bit = 0; bit < count; bit++) bits.push((bytes[bit >> 3]! & (0x80 >> (bit & 7))) !== 0);
  if (bits.length > 0 && bits.at(-1) !== true) throw new MalformedError('DER: named bits end in zero');
  return bits;
}

const timeForms = {
  [tags.utcTime]: /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
  [tags.generalizedTime]: /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
} as Record<number, RegExp>;

/**
 * Milliseconds since 1970 of a UTCTime or GeneralizedTime in RFC 5280 §4.1.2.5's form: seconds present, no
 * fraction, Z. Throws MalformedError, also for dates that do not exist.
 */
export function toTime(value: DerValue): number {
  const form = timeForms[value.tag];
  const parts = form?.exec(String.fromCharCode(...value.value.subarray(0, 16)));
  if (parts === null || parts === undefined) throw new MalformedError('DER: not a time');
  const [shortYear, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // RFC 5280 §4.1.2.5.1: two-digit years from 50 are of the 20th century.
  const year = value.tag === tags.utcTime ? shortYear + (shortYear >= 50 ? 1900 : 2000) : shortYear;
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(milliseconds);
  const exists =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  if (!exists) throw new MalformedError('DER: no such time');
  return milliseconds;
}
