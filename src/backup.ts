import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';
import { sqliteName } from './installation.ts';
import type { Config } from './platform/config.ts';
import type { DataFolder } from './platform/data-folder.ts';
import { StartRefused } from './platform/start-refused.ts';

const manifestName = 'backup.json';
const objectsName = 'obs';

interface Manifest {
  readonly format: 1;
  readonly created_at: string;
  readonly master_key_id: string;
  /** SHA-256 of the database's file, hexadecimal. */
  readonly database_sha256: string;
}

/**
 * Writes a copy of the SQLite database, as of one instant, and of the folder's objects into a new folder, while the server runs. The
 * master key is not in it. Throws `StartRefused` where this is not possible.
 */
export async function createBackup(
  config: Config,
  folder: DataFolder,
  target: string,
  given: { readonly masterKeyId: string; readonly now: Date },
): Promise<string> {
  if (config.databaseUrl !== undefined)
    throw new StartRefused(
      'this copies SQLite only: back PostgreSQL up with pg_dump, as docs/operations/backup.md says',
    );
  const path = resolve(target);
  await makeEmptyFolder(path);
  const file = join(path, sqliteName);
  copyDatabase(folder.pathOf(sqliteName), `${file}.unfinished`);
  await syncFile(`${file}.unfinished`);
  await rename(`${file}.unfinished`, file);
  // After the database: what it refers to is there.
  const objects = folder.pathOf(objectsName);
  if (config.objectStore === undefined && (await isFolder(objects)))
    await cp(objects, join(path, objectsName), { recursive: true, preserveTimestamps: true });
  const manifest: Manifest = {
    format: 1,
    created_at: given.now.toISOString(),
    master_key_id: given.masterKeyId,
    database_sha256: await sha256(file),
  };
  await writeFile(join(path, manifestName), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
  return path;
}

/**
 * Gives `use` a copy of a backup's database, which may be written to; it is removed afterwards. Throws `StartRefused` if the database is
 * not the one that the backup was made with.
 */
export async function withBackup<Result>(
  target: string,
  use: (databaseFile: string) => Promise<Result>,
): Promise<Result> {
  const file = await findDatabase(target);
  const folder = await mkdtemp(join(tmpdir(), 'openccm-backup-'));
  try {
    const copy = join(folder, sqliteName);
    await cp(file, copy);
    return await use(copy);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function findDatabase(target: string): Promise<string> {
  const path = resolve(target);
  const text = await readFile(join(path, manifestName), 'utf8').catch(() => undefined);
  if (text === undefined)
    throw new StartRefused(`${path} holds no backup: there is no ${manifestName} in it`);
  const manifest = JSON.parse(text) as Manifest;
  const file = join(path, sqliteName);
  if ((await sha256(file)) !== manifest.database_sha256)
    throw new StartRefused(`${file} is not what the backup was made with: it was changed or damaged`);
  return file;
}

/** `vacuum into` reads one snapshot, whatever is written meanwhile; copying the file and its log apart does not. */
function copyDatabase(source: string, target: string): void {
  const sqlite = new DatabaseSync(source, { readOnly: true, timeout: 10_000 });
  try {
    sqlite.prepare('vacuum into ?').run(target);
  } finally {
    sqlite.close();
  }
}

async function makeEmptyFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if ((await readdir(path)).length > 0)
    throw new StartRefused(`${path} is not empty: name a new folder for the backup`);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.chmod(0o600);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
