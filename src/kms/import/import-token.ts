import type { WrapsSecrets } from '../at-rest/secret-wrapper.ts';
import { kmsError } from '../errors.ts';

/**
 * 0 | 0 | u16 LE length of the rest | key ID (36, ASCII) | the private key and its expiry, sealed. The token holds what is needed to
 * unwrap, so nothing is stored and each of several tokens is valid on its own.
 */
const HEADER_BYTES = 4;
const KEY_ID_BYTES = 36;
const EXPIRY_BYTES = 8;

export const wrappingAlgorithms = ['RSAES_OAEP_SHA_256', 'SM2_ENCRYPT'] as const;
export type WrappingAlgorithm = (typeof wrappingAlgorithms)[number];

export interface ImportToken {
  readonly keyId: string;
  readonly expiresAtMs: number;
  readonly algorithm: WrappingAlgorithm;
  /** PKCS#8 DER; the caller wipes it. */
  readonly privateKey: Uint8Array;
}

function placeOf(keyId: string): string {
  return `import token of ${keyId}`;
}

export async function sealImportToken(secrets: WrapsSecrets, token: ImportToken): Promise<Buffer> {
  const secret = Buffer.alloc(EXPIRY_BYTES + 1 + token.privateKey.length);
  secret.writeBigUInt64BE(BigInt(token.expiresAtMs));
  secret[EXPIRY_BYTES] = wrappingAlgorithms.indexOf(token.algorithm);
  secret.set(token.privateKey, EXPIRY_BYTES + 1);
  const sealed = await secrets.wrap(secret, placeOf(token.keyId));
  secret.fill(0);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16LE(KEY_ID_BYTES + sealed.length, 2);
  return Buffer.concat([header, Buffer.from(token.keyId, 'latin1'), sealed]);
}

/** Throws KMS.2603 for a token of another key, KMS.2605 for one that is not ours, KMS.2601 for one that expired. */
export async function openImportToken(
  secrets: WrapsSecrets,
  bytes: Buffer,
  keyId: string,
  nowMs: number,
): Promise<ImportToken> {
  const forged = () => kmsError('KMS.2605', 'Use import_token as get-parameters-for-import gave it.');
  if (bytes.length <= HEADER_BYTES + KEY_ID_BYTES) throw forged();
  if (bytes.readUInt16LE(0) !== 0 || bytes.readUInt16LE(2) !== bytes.length - HEADER_BYTES) throw forged();
  const named = bytes.toString('latin1', HEADER_BYTES, HEADER_BYTES + KEY_ID_BYTES);
  const secret = await unseal(secrets, bytes.subarray(HEADER_BYTES + KEY_ID_BYTES), named);
  if (!secret) throw forged();
  const algorithm = wrappingAlgorithms[secret[EXPIRY_BYTES] ?? -1];
  if (!algorithm) throw forged();
  if (named !== keyId) throw kmsError('KMS.2603', 'Ask for parameters of this key.');
  const expiresAtMs = Number(secret.readBigUInt64BE());
  if (expiresAtMs <= nowMs) throw kmsError('KMS.2601', 'Ask for new parameters.');
  return { keyId, expiresAtMs, algorithm, privateKey: secret.subarray(EXPIRY_BYTES + 1) };
}

async function unseal(secrets: WrapsSecrets, sealed: Buffer, keyId: string): Promise<Buffer | undefined> {
  try {
    return Buffer.from(await secrets.unwrap(sealed, placeOf(keyId)));
  } catch {
    return undefined;
  }
}
