import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshAddress } from '../../../test/support/databases.ts';
import { openDatabase } from '../../platform/db/index.ts';
import { silentLog } from '../../platform/log.ts';
import { benchMigrations, openBench } from '../private-ca.fixture.ts';
import { certificateOf, create, details } from './authorities.fixture.ts';

const database = await openDatabase({
  ...(await freshAddress.sqlite()),
  migrations: benchMigrations,
  log: silentLog,
});
const bench = await openBench(database);

test('smoke', async () => {
  const account = bench.account();
  const id = await create(account);
  console.log(await details(account, id));
  const { x509 } = await certificateOf(account, id);
  console.log(x509.toString(), x509.toLegacyObject());
  assert.ok(x509.verify(x509.publicKey));
});
