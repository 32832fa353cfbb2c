import { constants } from 'node:fs';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Random } from '../../platform/random.ts';
import { MASTER_KEY_BYTES } from './master-key.ts';

/** Undefined if there is no such file; any other failure to read is thrown, so that a new key never hides an old one. */
export async function readMasterKeyFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Generates a key and writes it for the owner only. The file appears under its name whole and durable, or not at all: what is
 * wrapped by a key that a power cut took away is lost. Two processes that start together get the same key, that of the first.
 */
export async function createMasterKeyFile(path: string, random: Random): Promise<string> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${random.hexId()}`;
  const text = Buffer.from(random.bytes(MASTER_KEY_BYTES)).toString('base64');
  const file = await open(unfinished, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await file.writeFile(`${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    // link and not rename: it fails where the name is taken.
    await link(unfinished, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await unlink(unfinished);
  }
  await syncFolder(folder);
  return await readFile(path, 'utf8');
}
