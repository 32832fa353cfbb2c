import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kysely } from 'kysely';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { fixedChange, fixedInsert, fixedSelect, type Migrations } from './index.ts';

interface Thing {
  name: string;
  amount: number;
  note: string | null;
}

interface TestTables {
  things: Thing;
}

const migrations: Migrations = {
  'test-0001-things': {
    async up(schema: Kysely<unknown>): Promise<void> {
      await schema.schema
        .createTable('things')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('amount', 'bigint', (column) => column.notNull())
        .addColumn('note', 'text')
        .execute();
    },
  },
};

const insertThing = fixedInsert<Thing>('things');

const thingsAbove = fixedSelect<TestTables, { amount: number }>()((db, value) =>
  db.selectFrom('things').selectAll().where('amount', '>', value('amount')).orderBy('name'),
);

const addTo = fixedChange<TestTables, { name: string; more: number; most: number }>((db, value) =>
  db
    .updateTable('things')
    .set((eb) => ({ amount: eb('amount', '+', value('more')) }))
    .where('name', '=', value('name'))
    .where((eb) => eb(eb('amount', '+', value('more')), '<=', value('most'))),
);

describeOnEachDatabase('fixed queries', migrations, (open) => {
  test('each run has its own values, null among them', async () => {
    const database = await open();
    const a = { name: 'a', amount: 1, note: null };
    const b = { note: 'second', name: 'b', amount: 5 };
    await database.transaction(async (transaction) => {
      await insertThing(transaction, a);
      await insertThing(transaction, b);
    });
    assert.deepEqual(await thingsAbove(database, { amount: 0 }), [a, b]);
    assert.deepEqual(await thingsAbove(database, { amount: 1 }), [b]);
  });

  test('a change tells how many rows it touched, and is undone with its transaction', async () => {
    const database = await open();
    await database.transaction((transaction) =>
      insertThing(transaction, { name: 'a', amount: 1, note: null }),
    );
    const touched = await database.transaction(async (transaction) => [
      await addTo(transaction, { name: 'a', more: 4, most: 5 }),
      await addTo(transaction, { name: 'a', more: 1, most: 5 }),
    ]);
    assert.deepEqual(touched, [1, 0]);
    const undone = database.transaction(async (transaction) => {
      await addTo(transaction, { name: 'a', more: 1, most: 99 });
      assert.equal((await thingsAbove(transaction, { amount: 0 }))[0]?.amount, 6);
      throw new Error('undone');
    });
    await assert.rejects(undone, /undone/);
    assert.equal((await thingsAbove(database, { amount: 0 }))[0]?.amount, 5);
  });

  test('a row with a column more or less is refused', async () => {
    const database = await open();
    const full: Thing = { name: 'a', amount: 1, note: null };
    const { note: _, ...short } = full;
    const inserting = (row: object) =>
      database.transaction((transaction) => insertThing(transaction, row as Thing));
    await inserting(full);
    await assert.rejects(inserting({ ...full, name: 'b', more: 1 }), TypeError);
    await assert.rejects(inserting({ ...short, name: 'b' }), TypeError);
    assert.equal((await thingsAbove(database, { amount: 0 })).length, 1);
  });

  test('nothing runs in a transaction that has ended', async () => {
    const database = await open();
    const ended = await database.transaction(async (transaction) => transaction);
    await assert.rejects(insertThing(ended, { name: 'a', amount: 1, note: null }), /ended/);
  });
});
