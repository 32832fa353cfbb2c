import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kysely } from 'kysely';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  containsPattern,
  insertIfAbsent,
  isUniqueViolation,
  type Migrations,
  matches,
  openDatabase,
  readSetting,
  settingsMigrations,
  type Transaction,
  writeSetting,
} from './index.ts';

interface TestTables {
  things: { name: string; amount: number; content: Uint8Array | null };
}

const migrations: Migrations = {
  ...settingsMigrations,
  'test-0001-things': {
    async up(schema: Kysely<unknown>): Promise<void> {
      await schema.schema
        .createTable('things')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('amount', 'bigint', (column) => column.notNull())
        .addColumn('content', 'bytea')
        .execute();
    },
  },
};

function insert(transaction: Transaction, name: string, amount = 1, content: Uint8Array | null = null) {
  return transaction.tables<TestTables>().insertInto('things').values({ name, amount, content });
}

describeOnEachDatabase('database', migrations, (open) => {
  test('gives back what was stored, in the same types on every engine', async () => {
    const database = await open();
    const content = new Uint8Array([0, 1, 255]);
    await database.transaction((transaction) => insert(transaction, 'a', 2 ** 53 - 1, content).execute());
    const rows = await database.tables<TestTables>().selectFrom('things').selectAll().execute();
    assert.deepEqual(rows, [{ name: 'a', amount: 2 ** 53 - 1, content }]);
  });

  test('counts and sums are numbers', async () => {
    const database = await open();
    await database.transaction(async (transaction) => {
      await insert(transaction, 'a', 40).execute();
      await insert(transaction, 'b', 2).execute();
    });
    const row = await database
      .tables<TestTables>()
      .selectFrom('things')
      .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number>('amount').as('sum')])
      .executeTakeFirstOrThrow();
    assert.deepEqual(row, { count: 2, sum: 42 });
  });

  test('a throw undoes only its own work', async () => {
    const database = await open();
    const outcomes = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map((name) =>
        database.transaction(async (transaction) => {
          await insert(transaction, name).execute();
          if (name === 'c') throw new Error('no');
          return name;
        }),
      ),
    );
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : String(outcome.reason))),
      ['a', 'b', 'Error: no', 'd'],
    );
    const rows = await database
      .tables<TestTables>()
      .selectFrom('things')
      .select('name')
      .orderBy('name')
      .execute();
    assert.deepEqual(rows, [{ name: 'a' }, { name: 'b' }, { name: 'd' }]);
  });

  test('conditional updates hold under concurrency', async () => {
    const database = await open();
    await database.transaction((transaction) => insert(transaction, 'quota', 0).execute());
    const taken = await Promise.all(
      Array.from({ length: 30 }, () =>
        database.transaction(async (transaction) => {
          const result = await transaction
            .tables<TestTables>()
            .updateTable('things')
            .set((eb) => ({ amount: eb('amount', '+', 1) }))
            .where('name', '=', 'quota')
            .where('amount', '<', 20)
            .executeTakeFirst();
          return result.numUpdatedRows === 1n;
        }),
      ),
    );
    assert.equal(taken.filter(Boolean).length, 20);
  });

  test('a unique violation is recognised', async () => {
    const database = await open();
    await database.transaction((transaction) => insert(transaction, 'a').execute());
    await assert.rejects(
      database.transaction((transaction) => insert(transaction, 'a').execute()),
      isUniqueViolation,
    );
    assert.equal(isUniqueViolation(new Error('other')), false);
  });

  test('insertIfAbsent tells whether the row is new and leaves the transaction usable', async () => {
    const database = await open();
    const absent = (transaction: Transaction, name: string) =>
      insertIfAbsent(insert(transaction, name).onConflict((conflict) => conflict.doNothing()));
    const news = await database.transaction(async (transaction) => [
      await absent(transaction, 'a'),
      await absent(transaction, 'a'),
      await absent(transaction, 'b'),
    ]);
    assert.deepEqual(news, [true, false, true]);
  });

  test('a search takes wildcards literally and minds the case', async () => {
    const database = await open();
    await database.transaction(async (transaction) => {
      for (const name of ['100%', '100 per cent', 'a_b', 'aXb', 'back\\slash', 'Upper'])
        await insert(transaction, name).execute();
    });
    const find = async (text: string) => {
      const rows = await database
        .tables<TestTables>()
        .selectFrom('things')
        .select('name')
        .where((eb) => matches(eb.ref('name'), containsPattern(text)))
        .execute();
      return rows.map((row) => row.name);
    };
    assert.deepEqual(await find('0%'), ['100%']);
    assert.deepEqual(await find('a_'), ['a_b']);
    assert.deepEqual(await find('\\'), ['back\\slash']);
    assert.deepEqual(await find('upper'), []);
    assert.deepEqual(await find('pper'), ['Upper']);
  });

  test('writes need a transaction', async () => {
    const database = await open();
    const write = async () =>
      database
        .tables<TestTables>()
        .insertInto('things')
        .values({ name: 'a', amount: 1, content: null })
        .execute();
    await assert.rejects(write);
    assert.deepEqual(await database.tables<TestTables>().selectFrom('things').selectAll().execute(), []);
  });

  test('a transaction in a transaction is refused, and one that has ended is dead', async () => {
    const database = await open();
    await assert.rejects(
      database.transaction(() => database.transaction(async () => 1)),
      /a transaction is open already/,
    );
    const escaped = await database.transaction(async (transaction) => transaction);
    assert.throws(() => escaped.tables<TestTables>(), /the transaction has ended/);
  });

  test('settings are overwritten', async () => {
    const database = await open();
    assert.equal(await readSetting(database, 'x'), undefined);
    await database.transaction((transaction) => writeSetting(transaction, 'x', '1'));
    await database.transaction((transaction) => writeSetting(transaction, 'x', '2'));
    assert.equal(await readSetting(database, 'x'), '2');
  });

  test('can be probed, and finds nothing wrong with itself', async () => {
    const database = await open();
    await database.probe();
    await database.probe();
    assert.deepEqual(await database.checkIntegrity(), []);
  });

  test('refuses work after it was closed', async () => {
    const database = await open();
    await database.close();
    await assert.rejects(database.transaction(async () => 1));
  });
});

test('openDatabase needs an address', async () => {
  await assert.rejects(
    openDatabase({ migrations: {}, log: { debug() {}, info() {}, warn() {}, error() {} } }),
    TypeError,
  );
});
