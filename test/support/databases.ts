import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe } from 'node:test';
import { Client } from 'pg';
import { type Database, type Migrations, openDatabase } from '../../src/platform/db/index.ts';
import { silentLog } from '../../src/platform/log.ts';
import { administrator, type Cluster, sharedPort, startCluster } from './postgres-cluster.ts';

/** Opens a new empty database with the migrations applied; it is closed and removed after the test. */
export type OpenTestDatabase = () => Promise<Database>;

/**
 * Defines the tests of `define` twice: on SQLite (a file) and on PostgreSQL (a real server: see postgres-cluster.ts).
 * `npm run check`, which has to be quick, leaves PostgreSQL to `npm test`.
 */
export function describeOnEachDatabase(
  name: string,
  migrations: Migrations,
  define: (open: OpenTestDatabase) => void,
): void {
  describe(`${name} (SQLite)`, () => define(openerOf((address) => address.sqlite(), migrations)));
  if (process.env.OPENCCM_TEST_DATABASES === 'sqlite') return;
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
const databaseNames: string[] = [];
let ownCluster: Promise<Cluster> | undefined;

after(async () => {
  const running = await ownCluster?.catch(() => undefined);
  await running?.stop();
  // Of a cluster that others use, only what was made here.
  if (!running && databaseNames.length > 0) await dropDatabases();
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
  if (!migrations) return { url: await createDatabase() };
  const template = templates.get(migrations) ?? migratedTemplate(migrations);
  templates.set(migrations, template);
  return { url: await createDatabase(await template) };
}

const templates = new Map<Migrations, Promise<string>>();

async function migratedTemplate(migrations: Migrations): Promise<string> {
  const url = await createDatabase();
  // A template must have no connections, so it is closed before anybody copies it.
  const database = await openDatabase({ url, migrations, log: silentLog });
  await database.close();
  return new URL(url).pathname.slice(1);
}

async function createDatabase(template = 'template1'): Promise<string> {
  const name = `test_${process.pid}_${databaseNames.length}`;
  databaseNames.push(name);
  const { user, password, host, port } = await administratorOfCluster();
  await execute([`create database ${name} template ${template}`]);
  return `postgres://${user}:${password}@${host}:${port}/${name}`;
}

const dropDatabases = () =>
  execute(databaseNames.map((name) => `drop database if exists ${name} with (force)`));

async function execute(statements: readonly string[]): Promise<void> {
  const client = new Client(await administratorOfCluster());
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

async function administratorOfCluster() {
  const shared = sharedPort();
  if (shared !== undefined) return administrator(shared);
  ownCluster ??= startCluster();
  return administrator((await ownCluster).port);
}
