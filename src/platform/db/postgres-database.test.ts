import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import { freshAddress } from '../../../test/support/databases.ts';
import { startStallingProxy } from '../../../test/support/stalling-proxy.ts';
import { silentLog } from '../log.ts';
import {
  type Database,
  DatabaseUnavailable,
  type Migrations,
  openDatabase,
  settingsMigrations,
} from './index.ts';
import { openPostgres } from './postgres-database.ts';

interface TestTables {
  counters: { name: string; value: number };
}

const migrations: Migrations = {
  ...settingsMigrations,
  'test-0001-counters': {
    async up(schema: Kysely<unknown>): Promise<void> {
      await schema.schema
        .createTable('counters')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('value', 'bigint', (column) => column.notNull())
        .execute();
    },
  },
};

test('several nodes that start together apply each migration once', async () => {
  const { url } = await freshAddress.postgres();
  const databases = await Promise.all(
    Array.from({ length: 5 }, () => openDatabase({ url, poolSize: 2, migrations, log: silentLog })),
  );
  const applied = await sql<{ count: number }>`select count(*) as count from kysely_migration`.execute(
    databases[0]!.tables(),
  );
  assert.deepEqual(applied.rows, [{ count: 2 }]);
  await Promise.all(databases.map((database) => database.close()));
});

test('a deadlock is tried again until both transactions succeed', async () => {
  const { url } = await freshAddress.postgres();
  const database = await openDatabase({ url, migrations, log: silentLog });
  await database.transaction((transaction) =>
    transaction
      .tables<TestTables>()
      .insertInto('counters')
      .values([
        { name: 'a', value: 0 },
        { name: 'b', value: 0 },
      ])
      .execute(),
  );
  const bothHoldOne = Promise.withResolvers<void>();
  let holding = 0;
  let attempts = 0;
  const incrementBoth = (first: string, second: string) =>
    database.transaction(async (transaction) => {
      attempts += 1;
      const increment = (name: string) =>
        transaction
          .tables<TestTables>()
          .updateTable('counters')
          .set((eb) => ({ value: eb('value', '+', 1) }))
          .where('name', '=', name)
          .execute();
      await increment(first);
      holding += 1;
      if (holding === 2) bothHoldOne.resolve();
      await bothHoldOne.promise;
      await increment(second);
    });
  await Promise.all([incrementBoth('a', 'b'), incrementBoth('b', 'a')]);
  assert.equal(attempts, 3);
  const rows = await database.tables<TestTables>().selectFrom('counters').select('value').execute();
  assert.deepEqual(rows, [{ value: 2 }, { value: 2 }]);
  await database.close();
});

test('a number that JavaScript cannot hold is an error, not a wrong number', async () => {
  const { url } = await freshAddress.postgres();
  const database = await openDatabase({ url, migrations, log: silentLog });
  await assert.rejects(sql`select 9007199254740993::bigint`.execute(database.tables()), RangeError);
  const exact = await sql`select 1.5::numeric as part, (1 = 1) as flag`.execute(database.tables());
  assert.deepEqual(exact.rows, [{ part: 1.5, flag: 1 }]);
  await database.close();
});

test('a transaction that its node abandoned is ended by the server', async () => {
  const { url } = await freshAddress.postgres();
  const database = await openDatabase({ url, migrations, log: silentLog });
  const shown = await sql`show idle_in_transaction_session_timeout`.execute(database.tables());
  assert.deepEqual(shown.rows, [{ idle_in_transaction_session_timeout: '1min' }]);
  await database.close();
});

describe('a database that is away', () => {
  const deadlines = { connectMs: 300, statementMs: 200, idleInTransactionMs: 60_000, graceMs: 200 };
  const open = (url: string, poolSize = 2) =>
    openPostgres({ url, poolSize, migrations, log: silentLog, observe: () => {}, deadlines });
  const backend = async (database: { tables(): Kysely<unknown> }) =>
    (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(database.tables())).rows[0]!.pid;
  const insert = (database: Database, name: string) =>
    database.transaction((transaction) =>
      transaction.tables<TestTables>().insertInto('counters').values({ name, value: 0 }).execute(),
    );
  async function terminate(url: string, pid: number): Promise<void> {
    const administrator = new pg.Client(url);
    await administrator.connect();
    await administrator.query('select pg_terminate_backend($1)', [pid]);
    await administrator.end();
  }

  test('a connection that breaks between two statements fails its transaction only', async () => {
    const { url } = await freshAddress.postgres();
    const database = await open(url);
    await assert.rejects(
      database.transaction(async (transaction) => {
        await terminate(url, await backend(transaction));
        await transaction
          .tables<TestTables>()
          .insertInto('counters')
          .values({ name: 'a', value: 0 })
          .execute();
      }),
      DatabaseUnavailable,
    );
    await insert(database, 'b');
    const rows = await database.tables<TestTables>().selectFrom('counters').select('name').execute();
    assert.deepEqual(rows, [{ name: 'b' }]);
    await database.close();
  });

  test('so does one that breaks within a statement, before the commit or while it is idle', async () => {
    const { url } = await freshAddress.postgres();
    const database = await open(url, 1);
    const itself = sql`select pg_terminate_backend(pg_backend_pid())`;
    await assert.rejects(itself.execute(database.tables()), DatabaseUnavailable);
    await assert.rejects(
      database.transaction(async (transaction) => terminate(url, await backend(transaction))),
      DatabaseUnavailable,
    );
    await terminate(url, await backend(database));
    // The backend ends, and the pool hears of it, in their own time: statements that come first may succeed or be told.
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((name) => insert(database, name)));
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof DatabaseUnavailable);
    assert.ok(outcomes.some(({ status }) => status === 'fulfilled'));
    await database.close();
  });

  test('a server that hangs is given up at the deadline, and used again when it answers', async () => {
    const address = await freshAddress.postgres();
    const proxy = await startStallingProxy(Number(new URL(address.url).port));
    const url = new URL(address.url);
    url.port = String(proxy.port);
    const database = await open(url.href, 1);
    await insert(database, 'a');
    proxy.stall();
    await assert.rejects(insert(database, 'b'), DatabaseUnavailable);
    await assert.rejects(insert(database, 'c'), DatabaseUnavailable);
    await assert.rejects(database.probe(), DatabaseUnavailable);
    proxy.resume();
    await database.probe();
    await insert(database, 'd');
    await database.close();
    await proxy.close();
  });

  test('a statement that takes too long, or finds no free connection, is refused', async () => {
    const { url } = await freshAddress.postgres();
    const database = await open(url, 1);
    await assert.rejects(sql`select pg_sleep(5)`.execute(database.tables()), DatabaseUnavailable);
    await database.transaction(async () => {
      await assert.rejects(backend(database), DatabaseUnavailable);
      // It does not share the pool that is used up.
      await database.probe();
    });
    await database.close();
  });

  test('of several hosts the first that is there and takes writes is used, and given up when it fails', async () => {
    const address = await freshAddress.postgres();
    const target = new URL(address.url);
    const first = await startStallingProxy(Number(target.port));
    const hosts = `127.0.0.1:1,127.0.0.1:${first.port},127.0.0.1:${target.port}`;
    const database = await open(address.url.replace(target.host, hosts));
    await insert(database, 'a');
    await first.close();
    await insert(database, 'b').catch((error) => assert.ok(error instanceof DatabaseUnavailable));
    await insert(database, 'c');
    await database.close();
  });

  test('closing does not wait for a server that hangs', async () => {
    const address = await freshAddress.postgres();
    const url = new URL(address.url);
    const proxy = await startStallingProxy(Number(url.port));
    url.port = String(proxy.port);
    const database = await open(url.href, 1);
    await insert(database, 'a');
    proxy.stall();
    await database.close();
    await proxy.close();
  });

  test('a server that is not there is unavailable from the start', async () => {
    await assert.rejects(open('postgres://nobody@127.0.0.1:1/none'), DatabaseUnavailable);
  });
});
