import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

const unfinishedSuffix = '.openccm-new';

/**
 * Replaces a file as a whole: a reader, also after a power cut, sees the old or the new one. `mode` as in chmod.
 */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  await writeUnfinished(path, text, mode);
  await rename(path + unfinishedSuffix, path);
  await syncFolder(dirname(path));
}

/** A certificate and its key in two files, as nginx has them. */
export interface FilePair {
  readonly certificate_file: string;
  readonly key_file: string;
}

export interface PairContent {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Replaces both files. Two names cannot change at once, so what a crash leaves between them is told by the order: the key is
 * written first and renamed first. `completePair` then finishes or forgets the change.
 */
export async function replacePair(files: FilePair, content: PairContent): Promise<void> {
  await completePair(files);
  try {
    await writeUnfinished(files.key_file, content.key, 0o600);
    await writeUnfinished(files.certificate_file, content.certificate, 0o644);
  } catch (error) {
    await completePair(files);
    throw error;
  }
  await rename(files.key_file + unfinishedSuffix, files.key_file);
  await rename(files.certificate_file + unfinishedSuffix, files.certificate_file);
  await syncFolder(dirname(files.key_file));
  await syncFolder(dirname(files.certificate_file));
}

/** Makes the pair whole after a crash in `replacePair`: the new one if its key is in place, else the old one. */
export async function completePair({
  certificate_file: certificateFile,
  key_file: keyFile,
}: FilePair): Promise<void> {
  const newKey = await readIfPresent(keyFile + unfinishedSuffix);
  const newCertificate = await readIfPresent(certificateFile + unfinishedSuffix);
  if (newKey !== undefined) {
    // The certificate first: alone it would say that the key is in place.
    await rm(certificateFile + unfinishedSuffix, { force: true });
    await rm(keyFile + unfinishedSuffix, { force: true });
  } else if (newCertificate !== undefined) {
    await rename(certificateFile + unfinishedSuffix, certificateFile);
    await syncFolder(dirname(certificateFile));
  }
}

/** Removes both files; the certificate first, so that a key that is alone tells of it. */
export async function removePair({
  certificate_file: certificateFile,
  key_file: keyFile,
}: FilePair): Promise<void> {
  await rm(certificateFile, { force: true });
  await rm(keyFile, { force: true });
}

/** Undefined unless both are there. */
export async function readPair({
  certificate_file: certificateFile,
  key_file: keyFile,
}: FilePair): Promise<PairContent | undefined> {
  const certificate = await readIfPresent(certificateFile);
  const key = await readIfPresent(keyFile);
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

/** The text of a file; undefined if there is none. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Names in a folder are durable when the folder is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writeUnfinished(path: string, text: string, mode: number): Promise<void> {
  const unfinished = path + unfinishedSuffix;
  // Not over what a crash left there: its mode may be wider.
  await rm(unfinished, { force: true });
  const file = await open(unfinished, 'wx', mode);
  try {
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    // What is left when a disk is full may be half a key.
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
