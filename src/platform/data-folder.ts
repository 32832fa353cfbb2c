import { access, chmod, constants, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { StartRefused } from './start-refused.ts';

/** The folder that keeps what must outlive the process. */
export interface DataFolder {
  pathOf(name: string): string;
  /** Replaces a file as a whole: a reader sees the old or the new one. `mode` as in chmod. */
  write(name: string, text: string, mode: 0o600 | 0o644): Promise<void>;
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
      const unfinished = `${target}.new`;
      await writeFile(unfinished, text, { mode });
      // The mode of a new file is cut by the umask, which is narrow here.
      await chmod(unfinished, mode);
      await rename(unfinished, target);
    },
  };
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
