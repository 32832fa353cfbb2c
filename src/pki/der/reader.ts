import { MalformedError } from '../malformed-error.ts';
import { checkPrimitive } from './primitives.ts';

const maximumDepth = 32;

/** One DER value: a view over the bytes it was read from, never a copy. */
export class DerValue {
  /** The identifier octet, class and constructed bits included. */
  readonly tag: number;
  /** Octets of tag and length before the content. */
  readonly headerLength: number;
  readonly source: Uint8Array;
  readonly start: number;
  readonly end: number;

  constructor(source: Uint8Array, start: number, headerLength: number, end: number) {
    this.source = source;
    this.start = start;
    this.headerLength = headerLength;
    this.end = end;
    this.tag = source[start]!;
  }

  /** The content octets. */
  get value(): Uint8Array {
    return this.source.subarray(this.start + this.headerLength, this.end);
  }

  /** Tag, length and content octets. */
  get raw(): Uint8Array {
    return this.source.subarray(this.start, this.end);
  }

  get length(): number {
    return this.end - this.start - this.headerLength;
  }
}

/** Content length, in octets, and how many octets hold it (X.690 §10.1: definite, fewest octets). */
function readHeader(source: Uint8Array, start: number, limit: number): DerValue {
  if (start + 2 > limit) throw new MalformedError('DER: truncated header');
  // No PKI structure has a tag number above 30, so the multi-octet form is refused.
  if ((source[start]! & 0x1f) === 0x1f) throw new MalformedError('DER: tag number above 30');
  const first = source[start + 1]!;
  if (first < 0x80) return bounded(source, start, 2, first, limit);
  const count = first & 0x7f;
  if (count === 0) throw new MalformedError('DER: indefinite length');
  if (count > 4) throw new MalformedError('DER: length above 4 octets');
  if (start + 2 + count > limit) throw new MalformedError('DER: truncated length');
  let length = 0;
  for (let index = 0; index < count; index++) length = length * 256 + source[start + 2 + index]!;
  if (length < 0x80 || length < 256 ** (count - 1)) throw new MalformedError('DER: length not minimal');
  return bounded(source, start, 2 + count, length, limit);
}

function bounded(source: Uint8Array, start: number, header: number, length: number, limit: number): DerValue {
  const end = start + header + length;
  if (end > limit) throw new MalformedError('DER: value runs past its container');
  return new DerValue(source, start, header, end);
}

function checkTree(value: DerValue, depth: number): void {
  const universal = value.tag < 0x40;
  const constructed = (value.tag & 0x20) !== 0;
  if (universal) {
    const number = value.tag & 0x1f;
    if (number === 0) throw new MalformedError('DER: end-of-contents octets');
    // X.690 §8.9.1, §8.11.1 and §10.2: sequences and sets are constructed, strings and the rest never are.
    if (constructed !== (number === 16 || number === 17)) throw new MalformedError('DER: wrong form for tag');
  }
  if (!constructed) {
    if (universal) checkPrimitive(value);
    return;
  }
  if (depth > maximumDepth) throw new MalformedError('DER: nested too deeply');
  for (let at = value.start + value.headerLength; at < value.end; ) {
    const child = readHeader(value.source, at, value.end);
    checkTree(child, depth + 1);
    at = child.end;
  }
}

/**
 * Reads exactly one DER value and checks the whole tree under it, so what is taken from it later is known to be
 * well formed. Nothing may follow the value; at most 32 levels. Throws MalformedError.
 */
export function readDer(bytes: Uint8Array): DerValue {
  const value = readHeader(bytes, 0, bytes.length);
  if (value.end !== bytes.length) throw new MalformedError('DER: trailing bytes');
  checkTree(value, 1);
  return value;
}

/** Reads one DER value that must have the given identifier octet. Throws MalformedError. */
export function readDerAs(tag: number, bytes: Uint8Array): DerValue {
  const value = readDer(bytes);
  expectTag(value, tag);
  return value;
}

function expectTag(value: DerValue, tag: number): void {
  if (value.tag === tag) return;
  throw new MalformedError(`DER: expected tag 0x${tag.toString(16)}, found 0x${value.tag.toString(16)}`);
}

/** The values inside a constructed value, in order. Throws MalformedError for a primitive one. */
export function children(value: DerValue): DerValue[] {
  const cursor = derCursor(value);
  const found: DerValue[] = [];
  while (!cursor.atEnd) found.push(cursor.takeAny());
  return found;
}

/** Sequential reader over the values inside a constructed value. */
export class DerCursor {
  readonly #source: Uint8Array;
  readonly #limit: number;
  #at: number;

  constructor(container: DerValue) {
    if ((container.tag & 0x20) === 0) throw new MalformedError('DER: a primitive value holds no others');
    this.#source = container.source;
    this.#at = container.start + container.headerLength;
    this.#limit = container.end;
  }

  get atEnd(): boolean {
    return this.#at === this.#limit;
  }

  /** Identifier octet of the next value, or undefined at the end. */
  get nextTag(): number | undefined {
    return this.atEnd ? undefined : this.#source[this.#at];
  }

  takeAny(): DerValue {
    const value = readHeader(this.#source, this.#at, this.#limit);
    this.#at = value.end;
    return value;
  }

  /** The next value, which must have this identifier octet. */
  take(tag: number): DerValue {
    const value = this.takeAny();
    expectTag(value, tag);
    return value;
  }

  /** The next value if it has this identifier octet, else undefined and the cursor stays. */
  takeOptional(tag: number): DerValue | undefined {
    return this.nextTag === tag ? this.takeAny() : undefined;
  }

  /** Throws MalformedError unless everything has been taken. */
  end(): void {
    if (!this.atEnd) throw new MalformedError('DER: unexpected value at the end of a structure');
  }
}

/** A cursor at the first value inside a constructed value. Throws MalformedError for a primitive one. */
export function derCursor(container: DerValue): DerCursor {
  return new DerCursor(container);
}
