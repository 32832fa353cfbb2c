import { createHmac, timingSafeEqual } from 'node:crypto';
import { DnsReader, encodeName, plainName, uint16, uint32, uint48 } from './dns-wire.ts';

/** A key that OpenCCM and a name server share. */
export interface TsigKey {
  readonly name: string;
  readonly algorithm: 'hmac-sha256' | 'hmac-sha512';
  readonly secret: Uint8Array;
}

export interface SignedMessage {
  readonly message: Buffer;
  /** Goes into the signature of the answer. */
  readonly mac: Buffer;
}

interface TsigRecord {
  readonly keyName: string;
  readonly algorithm: string;
  readonly timeSeconds: number;
  readonly fudgeSeconds: number;
  readonly mac: Buffer;
  readonly originalId: number;
  readonly error: number;
  readonly other: Buffer;
  /** Where the record begins in the message. */
  readonly start: number;
}

const tsigType = 250;
const anyClass = 255;
const tsigClassAndTtl = Buffer.concat([uint16(anyClass), uint32(0)]);
/** What RFC 8945 recommends for clocks that differ. */
const fudgeSeconds = 300;
const additionalCountOffset = 10;
const errorNames: Readonly<Record<number, string>> = {
  16: 'BADSIG: the secret is another one',
  17: 'BADKEY: the server does not know the key, or not with this algorithm',
  18: 'BADTIME: its clock and ours differ',
  22: 'BADTRUNC',
};
const digests = { 'hmac-sha256': 'sha256', 'hmac-sha512': 'sha512' } as const;

/** Signs a request (RFC 8945 §4.3.3): the record follows at the end of the additional section. */
export function signMessage(message: Buffer, key: TsigKey, nowMs: number): SignedMessage {
  const record = {
    keyName: key.name,
    algorithm: key.algorithm,
    timeSeconds: Math.floor(nowMs / 1000),
    fudgeSeconds,
    error: 0,
    other: Buffer.alloc(0),
  };
  const mac = macOf(key, [message, variables(record)]);
  const data = Buffer.concat([
    encodeName(key.algorithm),
    uint48(record.timeSeconds),
    uint16(fudgeSeconds),
    uint16(mac.length),
    mac,
    message.subarray(0, 2),
    uint16(0),
    uint16(0),
  ]);
  const head = [encodeName(key.name), uint16(tsigType), tsigClassAndTtl, uint16(data.length)];
  const signed = Buffer.concat([message, ...head, data]);
  signed.writeUInt16BE(signed.readUInt16BE(additionalCountOffset) + 1, additionalCountOffset);
  return { message: signed, mac };
}

/** Checks that an answer is the key holder's to this request, and of now (RFC 8945 §5.4). Throws an Error that says what is wrong. */
export function verifyAnswer(answer: Buffer, requestMac: Buffer, key: TsigKey, nowMs: number): void {
  const record = findRecord(answer);
  if (record === undefined) throw new Error('the answer of the name server is not signed');
  // RFC 8945 §5.3.2: with these the answer has no signature, since there is no key to make it with.
  if ((record.error === 16 || record.error === 17) && record.mac.length === 0)
    throw new Error(`the name server refuses the key ${key.name}: ${errorNames[record.error]}`);
  if (record.keyName !== plainName(key.name) || record.algorithm !== key.algorithm)
    throw new Error('the answer of the name server is signed with another key');
  const bare = Buffer.from(answer.subarray(0, record.start));
  bare.writeUInt16BE(record.originalId, 0);
  bare.writeUInt16BE(bare.readUInt16BE(additionalCountOffset) - 1, additionalCountOffset);
  const expected = macOf(key, [uint16(requestMac.length), requestMac, bare, variables(record)]);
  // Truncated ones (RFC 8945 §5.2.2.1) are not asked for and not taken.
  if (record.mac.length !== expected.length || !timingSafeEqual(record.mac, expected))
    throw new Error('the signature of the name server’s answer is wrong');
  if (record.error !== 0)
    throw new Error(`the name server refuses the signature: ${errorNames[record.error] ?? record.error}`);
  if (Math.abs(nowMs / 1000 - record.timeSeconds) > record.fudgeSeconds)
    throw new Error('the answer of the name server is of another time');
}

function macOf({ algorithm, secret }: TsigKey, parts: readonly Buffer[]): Buffer {
  const hmac = createHmac(digests[algorithm], secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** RFC 8945 §4.3.3: what of the record is signed. */
function variables(
  record: Pick<TsigRecord, 'keyName' | 'algorithm' | 'timeSeconds' | 'fudgeSeconds' | 'error' | 'other'>,
): Buffer {
  return Buffer.concat([
    encodeName(record.keyName),
    tsigClassAndTtl,
    encodeName(record.algorithm),
    uint48(record.timeSeconds),
    uint16(record.fudgeSeconds),
    uint16(record.error),
    uint16(record.other.length),
    record.other,
  ]);
}

/** The signature of a message: the last of all records, or there is none (RFC 8945 §5.1). Throws for a message that is malformed. */
function findRecord(message: Buffer): TsigRecord | undefined {
  const reader = new DnsReader(message, 4);
  const questions = reader.uint16();
  const records = reader.uint16() + reader.uint16();
  const additional = reader.uint16();
  for (let index = 0; index < questions; index++) {
    reader.name();
    reader.bytes(4);
  }
  let last: TsigRecord | undefined;
  for (let index = 0; index < records + additional; index++) {
    if (last !== undefined) throw new RangeError('something follows the signature of the answer');
    const start = reader.offset;
    const keyName = reader.name();
    const type = reader.uint16();
    const classAndTtl = reader.bytes(6);
    const end = reader.uint16() + reader.offset;
    if (type === tsigType && index >= records) {
      // RFC 8945 §4.2: ANY and 0, always.
      if (!classAndTtl.equals(tsigClassAndTtl)) throw new RangeError('the signature’s record is malformed');
      last = readRecord(reader, keyName, start);
    } else reader.bytes(end - reader.offset);
    if (reader.offset !== end) throw new RangeError('a record of the answer is not as long as it says');
  }
  if (reader.offset !== message.length) throw new RangeError('something follows the answer');
  return last;
}

function readRecord(reader: DnsReader, keyName: string, start: number): TsigRecord {
  const algorithm = reader.name();
  const timeSeconds = reader.uint48();
  const fudge = reader.uint16();
  const mac = reader.bytes(reader.uint16());
  const originalId = reader.uint16();
  const error = reader.uint16();
  const other = reader.bytes(reader.uint16());
  return { keyName, algorithm, timeSeconds, fudgeSeconds: fudge, mac, originalId, error, other, start };
}
