import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../test/support/databases.ts';
import type { Database } from '../platform/db/index.ts';
import { migrations } from './migrations.ts';
import { type QuotaResource, QuotaStore } from './quota-store.ts';
import type { PrivateCaTables } from './tables.ts';

const quotas = new QuotaStore({ CERTIFICATE_AUTHORITY: 3, CERTIFICATE: 10 });
const account = 'a'.repeat(32);

function take(database: Database, amount = 1, resource: QuotaResource = 'CERTIFICATE', accountId = account) {
  return database.transaction((transaction) => quotas.take(transaction, accountId, resource, amount));
}

describeOnEachDatabase('quota', migrations, (open) => {
  test('of takers at the same time only as many succeed as there is room, also the first ever', async () => {
    const database = await open();
    const outcomes = await Promise.allSettled(Array.from({ length: 25 }, () => take(database)));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 10);
    assert.deepEqual(await quotas.find(database, account, 'CERTIFICATE'), { used: 10, quota: 10 });
  });

  test('what does not fit whole takes nothing (PCA.00030001)', async () => {
    const database = await open();
    await take(database, 8);
    await assert.rejects(take(database, 3), { code: 'PCA.00030001', status: 403 });
    await take(database, 2);
    assert.equal((await quotas.find(database, account, 'CERTIFICATE')).used, 10);
  });

  test('what is released can be taken again, and never falls below nothing', async () => {
    const database = await open();
    const release = () =>
      database.transaction((transaction) => quotas.release(transaction, account, 'CERTIFICATE'));
    await take(database, 10);
    await release();
    await take(database);
    for (let times = 0; times < 12; times += 1) await release();
    assert.equal((await quotas.find(database, account, 'CERTIFICATE')).used, 0);
  });

  test('accounts and resources are counted apart', async () => {
    const database = await open();
    await take(database, 10);
    await take(database, 10, 'CERTIFICATE', 'b'.repeat(32));
    await take(database, 3, 'CERTIFICATE_AUTHORITY');
    await assert.rejects(take(database, 1, 'CERTIFICATE_AUTHORITY'), { code: 'PCA.00030001' });
  });

  test('an account may have a quota of its own', async () => {
    const database = await open();
    await take(database, 10);
    await database.transaction((transaction) =>
      transaction.tables<PrivateCaTables>().updateTable('pca_quotas').set({ quota: 12 }).execute(),
    );
    await take(database, 2);
    await assert.rejects(take(database), { code: 'PCA.00030001' });
    assert.deepEqual(await quotas.find(database, account, 'CERTIFICATE'), { used: 12, quota: 12 });
  });

  test('whether there is room can be asked before', async () => {
    const database = await open();
    const requireRoom = () => quotas.requireRoom(database, account, 'CERTIFICATE');
    await take(database, 9);
    await requireRoom();
    await take(database);
    await assert.rejects(requireRoom, { code: 'PCA.00030001', status: 403, message: /10 of 10/ });
  });

  test('a throw in the same transaction gives back what was taken', async () => {
    const database = await open();
    const failing = database.transaction(async (transaction) => {
      await quotas.take(transaction, account, 'CERTIFICATE');
      throw new Error('no');
    });
    await assert.rejects(failing, /no/);
    assert.equal((await quotas.find(database, account, 'CERTIFICATE')).used, 0);
  });
});
