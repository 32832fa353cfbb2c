import { constants } from 'node:fs';
import { link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Random } from '../../platform/random.ts';

/** Undefined if there is no such file; any other failure to read is thrown, so that a new key never hides an old one. */
export async function readKeyFile(path: string): Promise<string | undefined> {
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

/** A durable file for the owner only, beside `path`; its name. */
async function writeBeside(path: string, text: string, random: Random): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${random.hexId()}`;
  const file = await open(unfinished, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await file.writeFile(`${text}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return unfinished;
}

/**
 * Writes a file for the owner only; false if there is one. It appears under its name whole and durable, or not at all: what is
 * wrapped by a key that a power cut took away is lost. Of two processes that start together the first wins.
 */
export async function createKeyFile(path: string, text: string, random: Random): Promise<boolean> {
  const unfinished = await writeBeside(path, text, random);
  try {
    // link and not rename: it fails where the name is taken.
    await link(unfinished, path);
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    return false;
  } finally {
    await unlink(unfinished);
    await syncFolder(dirname(path));
  }
}

/** Exchanges the content at one instant; a power cut leaves the old or the new one. */
export async function replaceKeyFile(path: string, text: string, random: Random): Promise<void> {
  await rename(await writeBeside(path, text, random), path);
  await syncFolder(dirname(path));
}
