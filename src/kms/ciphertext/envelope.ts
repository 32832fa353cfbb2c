import { createHash } from 'node:crypto';
import { kmsError } from '../errors.ts';

/**
 * What clients can see of a symmetric ciphertext, as the service has it: u16 LE 2 | u16 LE N | inner (N − 40) | key ID (36, ASCII) |
 * u32 LE version of the key | SHA-256 of all before. The digest finds damage; forgery is found by the inner cipher.
 */
const FORMAT = 2;
const HEADER_BYTES = 4;
const KEY_ID_BYTES = 36;
const BODY_TAIL_BYTES = KEY_ID_BYTES + 4;
const DIGEST_BYTES = 32;
const OVERHEAD_BYTES = HEADER_BYTES + BODY_TAIL_BYTES + DIGEST_BYTES;

const keyIdPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export interface Envelope {
  readonly inner: Buffer;
  readonly keyId: string;
  readonly keyVersion: number;
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

export function encodeEnvelope({ inner, keyId, keyVersion }: Envelope): Buffer {
  const bytes = Buffer.alloc(inner.length + OVERHEAD_BYTES);
  bytes.writeUInt16LE(FORMAT, 0);
  bytes.writeUInt16LE(inner.length + BODY_TAIL_BYTES, 2);
  inner.copy(bytes, HEADER_BYTES);
  const tail = HEADER_BYTES + inner.length;
  bytes.write(keyId, tail, 'latin1');
  bytes.writeUInt32LE(keyVersion, tail + KEY_ID_BYTES);
  digest(bytes.subarray(0, bytes.length - DIGEST_BYTES)).copy(bytes, bytes.length - DIGEST_BYTES);
  return bytes;
}

/** Throws KMS.2201 for what is not an envelope or was damaged. */
export function parseEnvelope(bytes: Buffer): Envelope {
  const damaged = () => kmsError('KMS.2201', 'It is not a ciphertext of this service, or it was damaged.');
  if (bytes.length < OVERHEAD_BYTES || bytes.readUInt16LE(0) !== FORMAT) throw damaged();
  const signed = bytes.length - DIGEST_BYTES;
  if (bytes.readUInt16LE(2) !== signed - HEADER_BYTES) throw damaged();
  if (!digest(bytes.subarray(0, signed)).equals(bytes.subarray(signed))) throw damaged();
  const tail = signed - BODY_TAIL_BYTES;
  const keyId = bytes.toString('latin1', tail, tail + KEY_ID_BYTES);
  if (!keyIdPattern.test(keyId)) throw damaged();
  return {
    inner: bytes.subarray(HEADER_BYTES, tail),
    keyId,
    keyVersion: bytes.readUInt32LE(tail + KEY_ID_BYTES),
  };
}
