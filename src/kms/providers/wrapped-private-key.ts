import type { KeyAlgorithm } from '../../pki/index.ts';
import type { Random } from '../../platform/random.ts';
import type { AccountKey, AccountKeys } from '../at-rest/account-keys.ts';
import { additionalData, open, SealBroken, seal } from '../at-rest/sealed-box.ts';
import type { KeyOwner } from '../key-store.ts';

/**
 * format 1 | account key's id (16) | its version (u32) | sealed PKCS#8. The account key names itself, so it may be rotated: what was
 * wrapped by an older version still opens.
 */
const FORMAT = 1;
const ID_BYTES = 16;
const HEADER_BYTES = 1 + ID_BYTES + 4;

export interface PrivateKeyPlace {
  readonly keyId: string;
  readonly owner: KeyOwner;
  readonly algorithm: KeyAlgorithm;
}

/** Everything that the row says is authenticated: a wrapped key opens only where it was stored. */
function place(header: Uint8Array, { keyId, owner, algorithm }: PrivateKeyPlace): Buffer {
  const { accountId, purpose } = owner;
  return additionalData(
    'private key',
    Buffer.from(header).toString('hex'),
    keyId,
    algorithm,
    accountId,
    purpose,
  );
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

export function wrapPrivateKey(
  accountKey: AccountKey,
  random: Random,
  at: PrivateKeyPlace,
  privateKeyPkcs8: Uint8Array,
): Buffer {
  const header = encodeHeader(accountKey);
  return Buffer.concat([header, seal(accountKey.wrappingKey, random, privateKeyPkcs8, place(header, at))]);
}

/** PKCS#8 DER, which the caller wipes. Throws `SealBroken`, and if the account key's version is gone. */
export async function unwrapPrivateKey(
  accountKeys: AccountKeys,
  at: PrivateKeyPlace,
  wrapped: Uint8Array,
): Promise<Buffer> {
  const bytes = Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.length);
  const { accountKeyId, version } = parseHeader(bytes);
  const accountKey = await accountKeys.version(accountKeyId, version);
  const header = bytes.subarray(0, HEADER_BYTES);
  return open(accountKey.wrappingKey, bytes.subarray(HEADER_BYTES), place(header, at));
}
