import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { freshAddress } from '../../../test/support/databases.ts';
import { silentLog } from '../log.ts';
import { type Migrations, openDatabase, settingsMigrations } from './index.ts';

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
