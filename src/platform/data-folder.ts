import { access, constants, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { StartRefused } from './start-refused.ts';

/** The folder that keeps what must outlive the process. */
export interface DataFolder {
  pathOf(name: string): string;
  /**
   * Replaces a file as a whole, unless it has this text: a reader, also after a power cut, sees the old or the new one. `mode` as in chmod.
   */
  write(name: string, text: string, mode: 0o600 | 0o644): Promise<void>;
  /** The text of a file; undefined if there is none. */
  read(name: string): Promise<string | undefined>;
  /** Those of the names that are there. */
  present(names: readonly string[]): Promise<readonly string[]>;
  /** There need not be such a file. */
  remove(name: string): Promise<void>;
}

/** Makes the folder if it is missing, for this user alone. Throws `StartRefused` if it cannot be written. */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const folder = resolve(path);
  try {
    await makeFolder(folder);
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new StartRefused(
      `the data folder ${folder} cannot be used (${reason}): make it writable for this user, or choose another with OPENCCM_DATA_DIR`,
      { cause: error },
    );
  }
  return {
    pathOf: (name) => join(folder, name),
    async write(name, text, mode) {
      const target = join(folder, name);
      // On a full disk a start that changes nothing needs no room.
      if ((await readIfPresent(target)) === text) return;
      // Of this process: another one may write the same file at the same time.
      const unfinished = `${target}.${process.pid}.new`;
      await writeDurably(unfinished, text, mode);
      await rename(unfinished, target);
      await syncFolder(folder);
    },
    async present(names) {
      const found = await Promise.all(names.map((name) => exists(join(folder, name))));
      return names.filter((_, index) => found[index]);
    },
    read: (name) => readIfPresent(join(folder, name)),
    async remove(name) {
      await rm(join(folder, name), { force: true });
      await syncFolder(folder);
    },
  };
}

async function writeDurably(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, 'w', mode);
  try {
    // The mode of a new file is cut by the umask, which is narrow here.
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    // What is left when a disk is full may be half a secret.
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Names in a folder are durable when the folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Not `mkdir` with `recursive`: where a parent exists but takes no folders (as /proc), Node tries without end. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return;
    const parent = dirname(folder);
    if (code !== 'ENOENT' || (await exists(parent))) throw error;
    await makeFolder(parent);
    await mkdir(folder, { mode: 0o700 });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
