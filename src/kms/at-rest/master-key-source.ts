import type { Random } from '../../platform/random.ts';
import type { Token } from '../providers/pkcs11/index.ts';
import { MASTER_KEY_BYTES } from './master-key.ts';
import { createKeyFile, readKeyFile, replaceKeyFile } from './master-key-file.ts';
import { MasterKeyRefused } from './master-key-refused.ts';
import { isSealedByToken, sealWithToken, unsealWithToken } from './token-sealed-key.ts';

export type MasterKeySource =
  /** `create`: generate the file if it is missing and the database is empty (the data folder's own file, not one that was named). */
  | { readonly kind: 'file'; readonly path: string; readonly create: boolean }
  /** Base64 of 32 bytes from the variable `name`. */
  | { readonly kind: 'environment'; readonly name: string; readonly base64: string }
  /** A file that only this token can open. */
  | { readonly kind: 'token'; readonly path: string; readonly create: boolean; readonly token: Token };

export function describeSource(source: MasterKeySource): string {
  switch (source.kind) {
    case 'file':
      return `the file ${source.path}`;
    case 'token':
      return `the file ${source.path}, sealed by HSM cluster ${source.token.clusterId},`;
    case 'environment':
      return `the variable ${source.name}`;
  }
}

function encode(secret: Uint8Array): string {
  return Buffer.from(secret).toString('base64');
}

function decode(text: string, source: MasterKeySource): Buffer {
  const trimmed = text.trim();
  const hint = isSealedByToken(trimmed) ? 'it is sealed by an HSM, which must be configured' : undefined;
  const secret = Buffer.from(trimmed, 'base64');
  if (secret.length === MASTER_KEY_BYTES && secret.toString('base64') === trimmed) return secret;
  secret.fill(0);
  throw new MasterKeyRefused(
    `${describeSource(source)} does not hold a master key: ` +
      (hint ?? `Base64 of ${MASTER_KEY_BYTES} bytes is expected`),
  );
}

/** The secret, which the caller wipes; undefined if there is no such file. Throws `MasterKeyRefused`, `TokenUnavailable`. */
export async function readSecret(source: MasterKeySource): Promise<Buffer | undefined> {
  switch (source.kind) {
    case 'environment':
      return decode(source.base64, source);
    case 'file': {
      const text = await readKeyFile(source.path);
      return text === undefined ? undefined : decode(text, source);
    }
    case 'token': {
      const text = await readKeyFile(source.path);
      return text === undefined ? undefined : await unsealWithToken(source.token, text.trim(), source.path);
    }
  }
}

/** As `readSecret`, and takes a plain file where the token is to seal it: it is about to be replaced by a sealed one. */
export async function readSecretToReplace(source: MasterKeySource): Promise<Buffer | undefined> {
  if (source.kind !== 'token') return await readSecret(source);
  const text = await readKeyFile(source.path);
  return text === undefined || isSealedByToken(text) ? await readSecret(source) : decode(text, source);
}

/** Writes a new secret where none is; if another process was first, the secret is that one's. Returns what is there now. */
export async function createSecret(
  source: Extract<MasterKeySource, { path: string }>,
  random: Random,
): Promise<Buffer> {
  const secret = random.bytes(MASTER_KEY_BYTES);
  const text = source.kind === 'file' ? encode(secret) : await sealWithToken(source.token, random, secret);
  secret.fill(0);
  await createKeyFile(source.path, text, random);
  const stored = await readSecret(source);
  if (!stored) throw new MasterKeyRefused(`${describeSource(source)} disappeared while it was being made`);
  return stored;
}

/** Exchanges the file's content at one instant; a power cut leaves the old or the new one. */
export async function replaceSecret(
  source: Extract<MasterKeySource, { path: string }>,
  random: Random,
  secret: Uint8Array,
): Promise<void> {
  const text = source.kind === 'file' ? encode(secret) : await sealWithToken(source.token, random, secret);
  await replaceKeyFile(source.path, text, random);
}

/** Writes the secret for the operator into a file that must not exist yet. */
export async function handOverSecret(path: string, random: Random, secret: Uint8Array): Promise<void> {
  if (!(await createKeyFile(path, encode(secret), random)))
    throw new MasterKeyRefused(`the file ${path} exists already; the new master key needs a new file`);
}
