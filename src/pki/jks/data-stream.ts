import { MalformedError } from '../malformed-error.ts';

/** Writes what Java's DataOutputStream writes: big-endian integers and strings in modified UTF-8. */
export class DataWriter {
  readonly #parts: Uint8Array[] = [];

  u16(value: number): this {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16BE(value);
    return this.bytes(bytes);
  }

  u32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return this.bytes(bytes);
  }

  u64(value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(value));
    return this.bytes(bytes);
  }

  utf(text: string): this {
    const encoded = encodeModifiedUtf8(text);
    if (encoded.length > 0xffff) throw new RangeError('a string of a JKS has at most 65535 bytes');
    return this.u16(encoded.length).bytes(encoded);
  }

  /** A length in 32 bits, then the bytes. */
  block(bytes: Uint8Array): this {
    return this.u32(bytes.length).bytes(bytes);
  }

  bytes(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

/** Reads what Java's DataInputStream reads; throws MalformedError where the bytes end too early. */
export class DataReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u16(): number {
    return this.#take(2).readUInt16BE();
  }

  u32(): number {
    return this.#take(4).readUInt32BE();
  }

  u64(): number {
    const value = this.#take(8).readBigUInt64BE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new MalformedError('JKS: a date is out of range');
    return Number(value);
  }

  utf(): string {
    return decodeModifiedUtf8(this.#take(this.u16()));
  }

  block(): Uint8Array {
    return new Uint8Array(this.#take(this.u32()));
  }

  end(): void {
    if (this.#offset !== this.#bytes.length) throw new MalformedError('JKS: bytes after the last entry');
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#offset) throw new MalformedError('JKS: ends too early');
    const taken = this.#bytes.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return taken;
  }
}

// Java's modified UTF-8 encodes each UTF-16 code unit by itself and NUL in two bytes (java.io.DataInput).
function encodeModifiedUtf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit !== 0 && unit < 0x80) bytes.push(unit);
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
  }
  return Uint8Array.from(bytes);
}

function decodeModifiedUtf8(bytes: Uint8Array): string {
  const units: string[] = [];
  let offset = 0;
  const continuation = (): number => {
    const byte = bytes[offset++];
    if (byte === undefined || byte >> 6 !== 0b10) throw new MalformedError('JKS: a string is not UTF-8');
    return byte & 0x3f;
  };
  while (offset < bytes.length) {
    const first = bytes[offset++]!;
    if (first < 0x80) units.push(String.fromCharCode(first));
    else if (first >> 5 === 0b110) units.push(String.fromCharCode(((first & 0x1f) << 6) | continuation()));
    else if (first >> 4 === 0b1110)
      units.push(String.fromCharCode(((first & 0x0f) << 12) | (continuation() << 6) | continuation()));
    else throw new MalformedError('JKS: a string is not UTF-8');
  }
  return units.join('');
}
