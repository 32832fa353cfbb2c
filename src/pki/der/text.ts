import { MalformedError } from '../malformed-error.ts';
import type { DerValue } from './reader.ts';
import { tags } from './tags.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
// X.680 §41.4, and the two characters that widely deployed CAs put there against it.
const printable = /^[A-Za-z0-9 '()+,\-./:=?*&]*$/;

/** Whether a text may be written as a PrintableString (X.680 §41.4). */
export function isPrintableText(text: string): boolean {
  return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text);
}

/** ASCII octets as text; any octet above 7F throws MalformedError. For IA5String content, tagged or not. */
export function asciiText(bytes: Uint8Array): string {
  for (const octet of bytes) if (octet > 0x7f) throw new MalformedError('DER: not ASCII');
  return latin1(bytes);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function matching(pattern: RegExp, text: string): string {
  if (!pattern.test(text)) throw new MalformedError('DER: character outside the string type');
  return text;
}

function decodeUtf8(bytes: Uint8Array): string {
  let ascii = true;
  for (const octet of bytes) if (octet > 0x7f) ascii = false;
  // Names are nearly always ASCII, and TextDecoder costs a microsecond.
  if (ascii) return latin1(bytes);
  try {
    return utf8.decode(bytes);
  } catch {
    throw new MalformedError('DER: not UTF-8');
  }
}

function fromUnits(bytes: Uint8Array, width: 2 | 4): string {
  if (bytes.length % width !== 0) throw new MalformedError('DER: truncated character');
  let text = '';
  for (let at = 0; at < bytes.length; at += width) {
    let point = 0;
    for (let index = 0; index < width; index++) point = point * 256 + bytes[at + index]!;
    if (point > 0x10ffff) throw new MalformedError('DER: no such character');
    text += String.fromCodePoint(point);
  }
  // BMPString has no surrogates (X.680 §41.15), and a lone one could not be written back.
  if (!text.isWellFormed()) throw new MalformedError('DER: lone surrogate');
  return text;
}

/** Text of any string type of X.680 that certificates use. Throws MalformedError for other tags or bad content. */
export function toText(value: DerValue): string {
  const bytes = value.value;
  if (value.tag === tags.utf8String) return decodeUtf8(bytes);
  if (value.tag === tags.printableString) return matching(printable, asciiText(bytes));
  if (value.tag === tags.ia5String) return asciiText(bytes);
  if (value.tag === tags.numericString) return matching(/^[0-9 ]*$/, asciiText(bytes));
  if (value.tag === tags.visibleString) return matching(/^[\x20-\x7e]*$/, asciiText(bytes));
  // Everyone reads TeletexString as Latin-1; nobody implements T.61.
  if (value.tag === tags.teletexString) return latin1(bytes);
  if (value.tag === tags.bmpString) return fromUnits(bytes, 2);
  if (value.tag === tags.universalString) return fromUnits(bytes, 4);
  throw new MalformedError(`DER: tag 0x${value.tag.toString(16)} is not text`);
}
