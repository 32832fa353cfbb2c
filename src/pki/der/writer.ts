import { MalformedError } from '../malformed-error.ts';
import { contextTag, tags } from './tags.ts';
import { isPrintableText } from './text.ts';

function headerLength(length: number): number {
  if (length < 0x80) return 2;
  if (length < 0x100) return 3;
  if (length < 0x10000) return 4;
  return length < 0x1000000 ? 5 : 6;
}

function writeHeader(target: Uint8Array, tag: number, length: number): number {
  const header = headerLength(length);
  target[0] = tag;
  if (header === 2) {
    target[1] = length;
    return header;
  }
  target[1] = 0x80 | (header - 2);
  for (let index = header - 1, rest = length; index >= 2; index--) {
    target[index] = rest & 0xff;
    rest = Math.floor(rest / 256);
  }
  return header;
}

/** Identifier and length octets alone, for content that is written elsewhere. */
export function header(tag: number, length: number): Uint8Array {
  const target = new Uint8Array(headerLength(length));
  writeHeader(target, tag, length);
  return target;
}

/** A value with any identifier octet around content octets, given in parts. */
export function tagged(tag: number, ...parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const target = Buffer.allocUnsafe(headerLength(length) + length);
  let at = writeHeader(target, tag, length);
  for (const part of parts) {
    target.set(part, at);
    at += part.length;
  }
  return target;
}

/** SEQUENCE of encoded values, in the order given. */
export function sequence(...parts: Uint8Array[]): Uint8Array {
  return tagged(tags.sequence, ...parts);
}

/** SET of encoded values, in the order given; the caller orders by tag (X.690 §10.3). */
export function set(...parts: Uint8Array[]): Uint8Array {
  return tagged(tags.set, ...parts);
}

/** SET OF encoded values, sorted as X.690 §11.6 requires. */
export function setOf(parts: readonly Uint8Array[]): Uint8Array {
  return tagged(tags.set, ...[...parts].sort(Buffer.compare));
}

/** INTEGER. Bytes are an unsigned big-endian magnitude; numbers must be safe integers. */
export function integer(value: bigint | number | Uint8Array): Uint8Array {
  if (typeof value === 'number' && value >= 0 && value < 0x80) return Uint8Array.of(tags.integer, 1, value);
  return tagged(
    tags.integer,
    value instanceof Uint8Array ? unsignedContent(value) : signedContent(BigInt(value)),
  );
}

function unsignedContent(magnitude: Uint8Array): Uint8Array {
  let first = 0;
  while (first < magnitude.length - 1 && magnitude[first] === 0) first++;
  const trimmed = magnitude.subarray(first);
  if (trimmed.length === 0) return Uint8Array.of(0);
  if (trimmed[0]! < 0x80) return trimmed;
  const padded = new Uint8Array(trimmed.length + 1);
  padded.set(trimmed, 1);
  return padded;
}

function signedContent(value: bigint): Uint8Array {
  let octets = 1;
  while (BigInt.asIntN(8 * octets, value) !== value) octets++;
  const hex = BigInt.asUintN(8 * octets, value).toString(16);
  return Buffer.from(hex.padStart(2 * octets, '0'), 'hex');
}

/** ENUMERATED, from 0 to 127. */
export function enumerated(value: number): Uint8Array {
  return Uint8Array.of(tags.enumerated, 1, value);
}

/** BOOLEAN; remember that DER omits a value equal to its DEFAULT. */
export function boolean(value: boolean): Uint8Array {
  return Uint8Array.of(tags.boolean, 1, value ? 0xff : 0x00);
}

/** OCTET STRING. */
export function octetString(bytes: Uint8Array): Uint8Array {
  return tagged(tags.octetString, bytes);
}

/** BIT STRING; the `unusedBits` (0-7) low bits of the last octet must be zero. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return tagged(tags.bitString, Uint8Array.of(unusedBits), bytes);
}

/** BIT STRING of a named bit list, bit 0 first, trailing zeros dropped (X.690 §11.2.2). */
export function namedBitString(bits: readonly boolean[]): Uint8Array {
  return tagged(tags.bitString, namedBitContent(bits));
}

/** Content octets of a named bit list, for an implicit tag. */
export function namedBitContent(bits: readonly boolean[]): Uint8Array {
  const count = bits.lastIndexOf(true) + 1;
  const content = new Uint8Array(1 + Math.ceil(count / 8));
  content[0] = (8 - (count % 8)) % 8;
  for (let bit = 0; bit < count; bit++) if (bits[bit]) content[1 + (bit >> 3)]! |= 0x80 >> (bit & 7);
  return content;
}

const encodedOids = new Map<string, Uint8Array>();
// Callers may encode identifiers that users choose, so the cache must not grow with them.
const encodedOidLimit = 512;

/** OBJECT IDENTIFIER of dotted decimal. Throws MalformedError for other text. */
export function oid(dotted: string): Uint8Array {
  const known = encodedOids.get(dotted);
  if (known !== undefined) return known;
  const encoded = tagged(tags.oid, oidContent(dotted));
  if (encodedOids.size < encodedOidLimit) encodedOids.set(dotted, encoded);
  return encoded;
}

/** Content octets of an OBJECT IDENTIFIER, for an implicit tag. Throws MalformedError. */
export function oidContent(dotted: string): Uint8Array {
  if (!/^[0-2](\.(0|[1-9]\d{0,47}))+$/.test(dotted) || dotted.length > 1024) {
    throw new MalformedError('not an object identifier');
  }
  const [root, second, ...rest] = dotted.split('.').map(BigInt) as [bigint, bigint, ...bigint[]];
  if (root < 2n && second >= 40n) throw new MalformedError('not an object identifier');
  const octets: number[] = [];
  for (const arc of [root * 40n + second, ...rest]) {
    const groups = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(Number(left & 0x7fn) | 0x80);
    octets.push(...groups);
  }
  return Uint8Array.from(octets);
}

/** UTF8String. */
export function utf8String(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new MalformedError('text with a lone surrogate');
  return tagged(tags.utf8String, Buffer.from(text, 'utf8'));
}

/** PrintableString. Throws MalformedError for characters it does not have (X.680 §41.4). */
export function printableString(text: string): Uint8Array {
  if (!isPrintableText(text)) throw new MalformedError('text is not printable');
  return tagged(tags.printableString, Buffer.from(text, 'latin1'));
}

/** Octets of ASCII text, for IA5String content under an implicit tag. Throws MalformedError for other text. */
export function asciiContent(text: string): Uint8Array {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) throw new MalformedError('text is not ASCII');
  }
  return Buffer.from(text, 'latin1');
}

/** IA5String. Throws MalformedError for text that is not ASCII. */
export function ia5String(text: string): Uint8Array {
  return tagged(tags.ia5String, asciiContent(text));
}

/** BMPString. Throws MalformedError for characters outside the basic plane. */
export function bmpString(text: string): Uint8Array {
  if (/[\ud800-\udfff]/.test(text)) throw new MalformedError('text outside the basic multilingual plane');
  return tagged(tags.bmpString, Buffer.from(text, 'utf16le').swap16());
}

/** UniversalString. */
export function universalString(text: string): Uint8Array {
  const points = Array.from(text, (character) => character.codePointAt(0)!);
  const content = Buffer.alloc(4 * points.length);
  for (const [index, point] of points.entries()) content.writeUInt32BE(point, 4 * index);
  return tagged(tags.universalString, content);
}

const encodedNull = Uint8Array.of(tags.null, 0);

/** NULL. */
export function nullValue(): Uint8Array {
  return encodedNull;
}

function timeDigits(milliseconds: number): string {
  if (!(milliseconds >= -62_135_596_800_000 && milliseconds < 253_402_300_800_000)) {
    throw new MalformedError('time outside the years 1 to 9999');
  }
  return new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '');
}

/** UTCTime of milliseconds since 1970, cut to the second; only the years 1950 to 2049 exist in it. */
export function utcTime(milliseconds: number): Uint8Array {
  const digits = timeDigits(milliseconds);
  if (digits < '1950' || digits >= '2050') throw new MalformedError('time outside UTCTime');
  return tagged(tags.utcTime, Buffer.from(digits.slice(2), 'latin1'));
}

/** GeneralizedTime of milliseconds since 1970, cut to the second. */
export function generalizedTime(milliseconds: number): Uint8Array {
  return tagged(tags.generalizedTime, Buffer.from(timeDigits(milliseconds), 'latin1'));
}

const utcTimeFrom = Date.UTC(1950, 0, 1);
const generalizedTimeFrom = Date.UTC(2050, 0, 1);

/** RFC 5280 §4.1.2.5: UTCTime through the year 2049, GeneralizedTime from 2050 (and before 1950). */
export function time(milliseconds: number): Uint8Array {
  const short = milliseconds >= utcTimeFrom && milliseconds < generalizedTimeFrom;
  return short ? utcTime(milliseconds) : generalizedTime(milliseconds);
}

/** `[number] EXPLICIT` around an encoded value. */
export function explicit(number: number, inner: Uint8Array): Uint8Array {
  return tagged(contextTag(number), inner);
}

/** `[number] IMPLICIT` with these content octets. */
export function implicit(number: number, content: Uint8Array, constructed = false): Uint8Array {
  return tagged(contextTag(number, constructed), content);
}

/** Concatenation of encoded values, for content under an implicit constructed tag. */
export function raw(...parts: Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
