import { type BigIntStats, constants } from 'node:fs';
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import type { Random } from '../../platform/random.ts';
import { piecesOf } from '../content.ts';
import { contentTypeOf } from '../content-types.ts';
import { encodeObjectKey } from '../names.ts';
import type { ObjectContent } from '../object-storage.ts';
import { NoSuchBucket, type ObjectStore, ObjectStoreUnavailable, UnstorableObject } from '../object-store.ts';

export interface FolderStorePorts {
  /** Made if it is missing. */
  readonly folder: string;
  /** As others reach the plain HTTP port, without a slash at the end. */
  readonly publicHttpUrl: string;
  readonly random: Random;
  /** The machine's, as are the times of files. */
  readonly machineClock: Clock;
}

/** An object that is open; it stays what it was when another takes its place. The caller closes it. */
export interface OpenObject {
  readonly handle: FileHandle;
  readonly stats: BigIntStats;
}

/** No bucket can have this name. */
const unfinishedFolder = '.unfinished';
/** Older ones were left by a process that died; younger ones may be another node's, if nodes share the folder. */
const abandonedAfterMs = 86_400_000;

/** Buckets are folders, objects are files under their own names, so that the folder can also be looked at, copied and mirrored. */
export async function openFolderStore(ports: FolderStorePorts): Promise<FolderStore> {
  await makeFolder(ports.folder);
  const root = await realpath(ports.folder);
  await makeFolder(join(root, unfinishedFolder));
  await removeAbandoned(join(root, unfinishedFolder), ports.machineClock.nowMs());
  return new FolderStore(root, ports);
}

export class FolderStore implements ObjectStore {
  readonly #root: string;
  readonly #ports: FolderStorePorts;

  constructor(root: string, ports: FolderStorePorts) {
    this.#root = root;
    this.#ports = ports;
  }

  async createBucket(bucket: string): Promise<boolean> {
    try {
      await mkdir(join(this.#root, bucket), { mode: 0o700 });
      await syncFolder(this.#root);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return this.#reuseEmpty(bucket);
      throw unavailable(error);
    }
  }

  /** An empty folder is what remains of a creation or deletion that was interrupted: nobody has it. */
  async #reuseEmpty(bucket: string): Promise<boolean> {
    const path = join(this.#root, bucket);
    const isFolder = await isOwnFolder(path);
    return isFolder && (await readdir(path)).length === 0;
  }

  async bucketExists(bucket: string): Promise<boolean> {
    return isOwnFolder(join(this.#root, bucket));
  }

  async deleteBucket(bucket: string): Promise<boolean> {
    try {
      await rmdir(join(this.#root, bucket));
      await syncFolder(this.#root);
      return true;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return true;
      if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return false;
      throw unavailable(error);
    }
  }

  async putObject(bucket: string, key: string, content: ObjectContent, contentType: string): Promise<void> {
    const served = contentTypeOf(key);
    if (contentType !== served)
      throw new UnstorableObject(`${key} is served as ${served}, which its ending says, not ${contentType}`);
    const unfinished = join(this.#root, unfinishedFolder, this.#ports.random.hexId());
    try {
      await writeDurably(unfinished, content).catch((error) => {
        throw unavailable(error);
      });
      const target = await this.#makeWay(bucket, key);
      await rename(unfinished, target);
      // Without it a power cut could bring the old object back after the new one was acknowledged.
      await syncFolder(dirname(target));
    } catch (error) {
      // If it cannot be removed either, it goes as what a dead process left.
      await rm(unfinished, { force: true }).catch(() => {});
      throw placeFailure(error, bucket, key);
    }
  }

  publicUrl(bucket: string, key: string): string {
    return `${this.#ports.publicHttpUrl}/obs/${bucket}/${encodeObjectKey(key)}`;
  }

  /** Undefined if there is no such object. The names have to be valid. */
  async openObject(bucket: string, key: string): Promise<OpenObject | undefined> {
    const path = join(this.#root, bucket, key);
    let handle: FileHandle;
    try {
      // Not following a link, and not waiting for the other end of a pipe.
      handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw unavailable(error);
    }
    const stats = await handle.stat({ bigint: true });
    // No link in between either: what is served lies within the bucket.
    if (stats.isFile() && (await realpath(path).catch(() => undefined)) === path) return { handle, stats };
    await handle.close();
    return undefined;
  }

  /** The path of the object, with the folders that its key needs within the bucket. */
  async #makeWay(bucket: string, key: string): Promise<string> {
    let folder = join(this.#root, bucket);
    if (!(await isOwnFolder(folder))) throw new NoSuchBucket(bucket);
    const segments = key.split('/');
    const name = segments.pop() ?? '';
    for (const segment of segments) {
      const parent = folder;
      folder = join(parent, segment);
      if (await isOwnFolder(folder)) continue;
      await mkdir(folder, { mode: 0o700 }).catch((error) => requireFolderMeanwhile(folder, error));
      await syncFolder(parent);
    }
    return join(folder, name);
  }
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error) => {
    if (codeOf(error) !== 'EEXIST') throw error;
  });
}

async function removeAbandoned(folder: string, nowMs: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found && found.mtimeMs < nowMs - abandonedAfterMs) await rm(path, { force: true });
  }
}

/** Another put may make the same folder at the same time. */
async function requireFolderMeanwhile(folder: string, error: unknown): Promise<void> {
  if (codeOf(error) !== 'EEXIST' || !(await isOwnFolder(folder))) throw error;
}

/** False for a link to a folder. */
async function isOwnFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch (error) {
    if (isAbsence(error)) return false;
    throw unavailable(error);
  }
}

async function writeDurably(path: string, content: ObjectContent): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(piecesOf(content));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ENXIO'].includes(String(codeOf(error)));
}

/** Of making the object's place and putting it there. */
function placeFailure(error: unknown, bucket: string, key: string): unknown {
  const code = String(codeOf(error));
  const cause = { cause: error };
  if (code === 'ENOENT') return new NoSuchBucket(bucket, cause);
  if (['EISDIR', 'ENOTDIR', 'EEXIST', 'ENOTEMPTY'].includes(code))
    return new UnstorableObject(`${key} would be a file and a folder at once in ${bucket}`, cause);
  return unavailable(error);
}

function unavailable(error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  return new ObjectStoreUnavailable(`the folder of the buckets fails: ${error.message}`, { cause: error });
}
