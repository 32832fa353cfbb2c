import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import type { Database } from '../../platform/db/index.ts';
import { benchMigrations } from '../ssl-certificates.fixture.ts';
import { findCsr, insertCsr, listCsrRows, removeCsr, renameCsr, type StoredCsr } from './csr-store.ts';

const blank = {
  account_id: 'one',
  domain_name: 'www.example.com',
  sans: null,
  private_key_algo: 'EC_P256',
  usage: 'PERSONAL',
  company_country: null,
  company_province: null,
  company_city: null,
  company_name: null,
  csr_der: Uint8Array.from([0x30, 0]),
  key_id: null,
  updated_at: null,
};

const insert = (
  database: Database,
  rows: (Partial<StoredCsr> & Pick<StoredCsr, 'csr_id' | 'name' | 'created_at'>)[],
) =>
  database.transaction(async (transaction) => {
    for (const row of rows) await insertCsr(transaction, { ...blank, ...row });
  });

describeOnEachDatabase('the store of CSRs', benchMigrations, (open) => {
  test('lists the newest first, page after page, filtered by part of the name and by algorithm', async () => {
    const database = await open();
    await insert(database, [
      { csr_id: 'a', name: 'web', created_at: 1 },
      { csr_id: 'b', name: 'Web_2', created_at: 2, private_key_algo: 'SM2' },
      { csr_id: 'c', name: 'my web', created_at: 2 },
      { csr_id: 'd', name: 'web', created_at: 9, account_id: 'other' },
    ]);
    const list = async (filter: object, limit = 10, offset = 0) => {
      const { total, rows } = await listCsrRows(database, 'one', filter, { limit, offset });
      return [total, ...rows.map(({ csr_id }) => csr_id)];
    };
    assert.deepEqual(await list({}), [3, 'c', 'b', 'a']);
    assert.deepEqual(await list({}, 2), [3, 'c', 'b']);
    assert.deepEqual(await list({}, 2, 2), [3, 'a']);
    assert.deepEqual(await list({}, 2, 1_000), [3]);
    assert.deepEqual(await list({ name: 'web' }), [2, 'c', 'a']);
    assert.deepEqual(await list({ name: '_' }), [1, 'b']);
    assert.deepEqual(await list({ keyAlgorithm: 'SM2' }), [1, 'b']);
  });

  test("finds, renames and removes an account's own only", async () => {
    const database = await open();
    await insert(database, [{ csr_id: 'a', name: 'web', created_at: 1 }]);
    const change = { name: 'new', updatedAt: 5 };
    assert.equal(await findCsr(database, 'other', 'a'), undefined);
    await database.transaction(async (transaction) => {
      assert.equal(await renameCsr(transaction, 'other', 'a', change), undefined);
      assert.equal(await removeCsr(transaction, 'other', 'a'), false);
      const renamed = await renameCsr(transaction, 'one', 'a', change);
      assert.deepEqual([renamed?.name, renamed?.updated_at], ['new', 5]);
    });
    assert.deepEqual((await findCsr(database, 'one', 'a'))?.csr_der, Uint8Array.from([0x30, 0]));
    await database.transaction(async (transaction) => {
      assert.equal(await removeCsr(transaction, 'one', 'a'), true);
      assert.equal(await removeCsr(transaction, 'one', 'a'), false);
    });
  });
});
