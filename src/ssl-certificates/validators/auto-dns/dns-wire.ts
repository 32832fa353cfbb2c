/** RFC 1035 §2.3.4. */
const longestLabel = 63;
const longestName = 255;
/** What host names, and the names of validation records and keys, are made of; escapes are not understood. */
const labelForm = /^[a-z0-9_-]+$/;

/** Lower case, without a dot at the end. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** A domain name as RFC 1035 §3.1 writes it, in lower case and not compressed: RFC 8945 §4.3.3 signs it so. Throws RangeError. */
export function encodeName(name: string): Buffer {
  const labels = plainName(name).split('.');
  const parts = labels.map((label) => {
    if (!labelForm.test(label) || label.length > longestLabel)
      throw new RangeError(`${name} is not a name of DNS`);
    return Buffer.concat([Buffer.of(label.length), Buffer.from(label, 'latin1')]);
  });
  const encoded = Buffer.concat([...parts, Buffer.of(0)]);
  if (encoded.length > longestName) throw new RangeError(`${name} is too long for DNS`);
  return encoded;
}

/** The strings of a TXT record: a text of more than 255 bytes is several (RFC 1035 §3.3.14). */
export function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const parts: Buffer[] = [];
  for (let offset = 0; offset === 0 || offset < bytes.length; offset += 255) {
    const part = bytes.subarray(offset, offset + 255);
    parts.push(Buffer.of(part.length), part);
  }
  return Buffer.concat(parts);
}

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function uint48(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  return bytes;
}

/** Reads a message from front to back. Throws RangeError where it ends too early or makes no sense. */
export class DnsReader {
  readonly #message: Buffer;
  #offset: number;

  constructor(message: Buffer, offset = 0) {
    this.#message = message;
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  bytes(length: number): Buffer {
    const end = this.#offset + length;
    if (end > this.#message.length) throw new RangeError('the message of DNS ends too early');
    const taken = this.#message.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }

  uint16(): number {
    return this.bytes(2).readUInt16BE();
  }

  uint48(): number {
    return this.bytes(6).readUIntBE(0, 6);
  }

  /** In lower case, without a dot at the end. Pointers lead to a prior name (RFC 1035 §4.1.4), so that none leads in a circle. */
  name(): string {
    const labels: string[] = [];
    const start = this.#offset;
    for (;;) {
      const length = this.bytes(1)[0]!;
      if (length === 0) return labels.join('.');
      if (length >= 0xc0) {
        const target = ((length & 0x3f) << 8) | this.bytes(1)[0]!;
        if (target >= start) throw new RangeError('a name of DNS points forwards');
        const rest = new DnsReader(this.#message, target).name();
        return [...labels, ...(rest === '' ? [] : [rest])].join('.');
      }
      if (length > longestLabel) throw new RangeError('a label of DNS is of an unknown kind');
      labels.push(this.bytes(length).toString('latin1').toLowerCase());
    }
  }
}
