import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Kysely, sql } from 'kysely';
import { freshAddress } from '../../../test/support/databases.ts';
import { spoilPage } from '../../../test/support/spoil-page.ts';
import { type Database, DatabaseUnavailable, type Migrations, type Transaction } from './index.ts';
import { openSqlite } from './sqlite-database.ts';

interface TestTables {
  things: { name: string };
}

const migrations: Migrations = {
  'test-0001-things': {
    async up(schema: Kysely<unknown>): Promise<void> {
      await schema.schema
        .createTable('things')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .execute();
    },
  },
};

const patience = { busyTimeoutMs: 10, stuckAfterMs: 20 };

async function open(): Promise<{ database: Database; file: string; batches: number[] }> {
  const batches: number[] = [];
  const { sqliteFile: file } = await freshAddress.sqlite();
  const database = await openSqlite(
    file,
    migrations,
    (transactions) => void batches.push(transactions),
    patience,
  );
  return { database, file, batches };
}

const insert = (name: string) => (transaction: Transaction) =>
  transaction.tables<TestTables>().insertInto('things').values({ name }).execute();

async function namesIn(database: Database): Promise<string[]> {
  const rows = await database
    .tables<TestTables>()
    .selectFrom('things')
    .select('name')
    .orderBy('name')
    .execute();
  return rows.map((row) => row.name);
}

describe('group commit', () => {
  test('transactions that wait together share commits', async () => {
    const { database, batches } = await open();
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => database.transaction(insert(`${index}`))));
    assert.equal(
      batches.reduce((sum, size) => sum + size, 0),
      1_000,
    );
    assert.ok(batches.length <= 100, `${batches.length} commits`);
    assert.ok(Math.max(...batches) <= 256);
    assert.equal((await namesIn(database)).length, 1_000);
    await database.close();
  });

  test('reads see what is committed and never wait for a writer', async () => {
    const { database } = await open();
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const writing = database.transaction(async (transaction) => {
      await insert('a')(transaction);
      begun.resolve();
      await release.promise;
    });
    await begun.promise;
    assert.deepEqual(await namesIn(database), []);
    release.resolve();
    await writing;
    assert.deepEqual(await namesIn(database), ['a']);
    await database.close();
  });

  test('if the commit fails nobody is told of success, and the next batch works', async () => {
    const { database, file } = await open();
    // Checked only at commit: every work of the batch has succeeded by then.
    const other = new DatabaseSync(file);
    other.exec('create table refers (name text references things (name) deferrable initially deferred)');
    other.close();
    interface Refers {
      refers: { name: string };
    }
    const outcomes = await Promise.allSettled([
      database.transaction(insert('a')),
      database.transaction((transaction) =>
        transaction.tables<Refers>().insertInto('refers').values({ name: 'absent' }).execute(),
      ),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ['rejected', 'rejected'],
    );
    await database.transaction(insert('b'));
    assert.deepEqual(await namesIn(database), ['b']);
    await database.close();
  });

  test('all that wait are refused while another process keeps the lock, and not later', async () => {
    const { database, file } = await open();
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    const outcomes = await Promise.allSettled([
      database.transaction(insert('a')),
      database.transaction(insert('b')),
    ]);
    for (const outcome of outcomes)
      assert.match(String(outcome.status === 'rejected' && outcome.reason), /locked/);
    other.exec('rollback');
    other.close();
    await database.transaction(insert('c'));
    assert.deepEqual(await namesIn(database), ['c']);
    await database.close();
  });

  test('a work that waits for another transaction fails, and everybody else goes on', async () => {
    const { database } = await open();
    // Outside the work, so that it cannot be told from any other transaction.
    const asked = Promise.withResolvers<void>();
    const other = asked.promise.then(() => database.transaction(insert('waited for')));
    const waiting = database.transaction(async (transaction) => {
      await insert('a')(transaction);
      asked.resolve();
      await other;
    });
    await assert.rejects(waiting, /a transaction waits for work that waits for another transaction/);
    await assert.rejects(other, /a transaction waits for work/);
    await database.transaction(insert('b'));
    assert.deepEqual(await namesIn(database), ['b']);
    await database.close();
  });

  test('closing waits for what was begun', async () => {
    const { database, file } = await open();
    const writing = database.transaction(insert('a'));
    await database.close();
    await writing;
    const other = new DatabaseSync(file);
    assert.equal(other.prepare('select count(*) as count from things').get()?.count, 1);
    other.close();
  });
});

test('a commit is durable: write-ahead log, synchronous in full', async () => {
  const { database } = await open();
  const pragmas = await database.transaction(async (transaction) => {
    const synchronous = await sql<object>`pragma synchronous`.execute(transaction.tables());
    const journal = await sql<object>`pragma journal_mode`.execute(transaction.tables());
    return [...synchronous.rows, ...journal.rows];
  });
  assert.deepEqual(pragmas, [{ synchronous: 2 }, { journal_mode: 'wal' }]);
  await database.close();
});

test('processes that start on one file at the same time apply each migration once', async () => {
  const { sqliteFile } = await freshAddress.sqlite();
  const modules = ['./index.ts', '../log.ts'].map((file) => new URL(file, import.meta.url).href);
  const program = `
    const { openDatabase, settingsMigrations } = await import('${modules[0]}');
    const { silentLog } = await import('${modules[1]}');
    const sqliteFile = ${JSON.stringify(sqliteFile)};
    const database = await openDatabase({ sqliteFile, migrations: settingsMigrations, log: silentLog });
    await database.close();`;
  const run = promisify(execFile);
  await Promise.all([1, 2, 3].map(() => run(process.execPath, ['--input-type=module', '--eval', program])));
  const file = new DatabaseSync(sqliteFile);
  assert.equal(file.prepare('select count(*) as count from kysely_migration').get()?.count, 1);
  file.close();
});

describe('a database that cannot be used now', () => {
  test('a lock of another process is waited for while the event loop goes on', async () => {
    const { sqliteFile: file } = await freshAddress.sqlite();
    const database = await openSqlite(file, migrations, () => {}, { busyTimeoutMs: 10_000 });
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    const writing = database.transaction(insert('a'));
    // Each turn would take the whole patience if SQLite waited by itself.
    for (let turn = 0; turn < 20; turn++) await sleep(1);
    assert.equal(await Promise.race([writing.then(() => 'written'), nextTurn('waiting')]), 'waiting');
    other.exec('rollback');
    other.close();
    await writing;
    assert.deepEqual(await namesIn(database), ['a']);
    await database.close();
  });

  test('a full disk refuses writing, not reading, and writing goes on when there is room', async () => {
    const { database } = await open();
    await database.transaction(insert('a'));
    const setLimit = (pages: number) =>
      database.transaction((transaction) =>
        sql.raw(`pragma max_page_count = ${pages}`).execute(transaction.tables()),
      );
    await setLimit(1);
    await assert.rejects(database.transaction(insert('b'.repeat(100_000))), DatabaseUnavailable);
    assert.deepEqual(await namesIn(database), ['a']);
    await setLimit(1_000_000);
    await database.transaction(insert('c'));
    assert.deepEqual(await namesIn(database), ['a', 'c']);
    await database.close();
  });

  async function spoiled(name: string): Promise<Database> {
    const { database, file } = await open();
    await database.close();
    const sqlite = new DatabaseSync(file);
    sqlite.exec('create table unused (name text)');
    sqlite.close();
    await spoilPage(file, name);
    return openSqlite(file, migrations, () => {}, patience);
  }

  test('a malformed file is found by a check, and nothing is written to it any more', async () => {
    const database = await spoiled('unused');
    await database.transaction(insert('a'));
    assert.notDeepEqual(await database.checkIntegrity(), []);
    await assert.rejects(database.transaction(insert('b')), DatabaseUnavailable);
    await assert.rejects(database.probe(), DatabaseUnavailable);
    await database.close();
  });

  test('a query that meets a malformed page ends all writing, too', async () => {
    const database = await spoiled('sqlite_autoindex_things_1');
    await assert.rejects(namesIn(database), DatabaseUnavailable);
    await assert.rejects(database.probe(), DatabaseUnavailable);
    await database.close();
  });
});

test('a database that a newer version wrote is refused in these words, and left as it is', async () => {
  const { sqliteFile } = await freshAddress.sqlite();
  const newer = await openSqlite(
    sqliteFile,
    { ...migrations, 'test-0002-later': { async up() {} } },
    () => {},
  );
  await newer.close();
  await assert.rejects(
    openSqlite(sqliteFile, migrations, () => {}),
    /written by a newer version, which added test-0002-later/,
  );
});
