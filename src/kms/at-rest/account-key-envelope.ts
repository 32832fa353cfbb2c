import type { Random } from '../../platform/random.ts';
import type { AccountKey, AccountKeys } from './account-keys.ts';
import { additionalData, open, SealBroken, seal } from './sealed-box.ts';

/**
 * format 1 | account key's id (16) | its version (u32) | sealed. The account key names itself, so it may be rotated: what was
 * wrapped by an older version still opens.
 */
const FORMAT = 1;
const ID_BYTES = 16;
const HEADER_BYTES = 1 + ID_BYTES + 4;

/** Where wrapped data belongs: the label of its use, then what its row says of it. All of it is authenticated. */
export type Place = readonly [label: string, ...fields: string[]];

function additionalDataOf(header: Uint8Array, [label, ...fields]: Place): Buffer {
  return additionalData(label, Buffer.from(header).toString('hex'), ...fields);
}

function encodeHeader(accountKey: AccountKey): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = FORMAT;
  Buffer.from(accountKey.keyId.replaceAll('-', ''), 'hex').copy(header, 1);
  header.writeUInt32BE(accountKey.version, 1 + ID_BYTES);
  return header;
}

function parseHeader(wrapped: Buffer): { accountKeyId: string; version: number } {
  if (wrapped.length <= HEADER_BYTES || wrapped[0] !== FORMAT) throw new SealBroken();
  const hex = wrapped.toString('hex', 1, 1 + ID_BYTES);
  const accountKeyId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { accountKeyId, version: wrapped.readUInt32BE(1 + ID_BYTES) };
}

export function wrapWithAccountKey(
  accountKey: AccountKey,
  random: Random,
  place: Place,
  plaintext: Uint8Array,
): Buffer {
  const header = encodeHeader(accountKey);
  return Buffer.concat([
    header,
    seal(accountKey.wrappingKey, random, plaintext, additionalDataOf(header, place)),
  ]);
}

/** The caller wipes the result. Throws `SealBroken`, also if the account key or its version is not there. */
export async function unwrapWithAccountKey(
  accountKeys: AccountKeys,
  place: Place,
  wrapped: Uint8Array,
): Promise<Buffer> {
  const bytes = Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.length);
  const { accountKeyId, version } = parseHeader(bytes);
  const accountKey = await accountKeys.version(accountKeyId, version);
  const header = bytes.subarray(0, HEADER_BYTES);
  return open(accountKey.wrappingKey, bytes.subarray(HEADER_BYTES), additionalDataOf(header, place));
}
