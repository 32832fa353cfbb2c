import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { FixedClock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/database.ts';
import { systemRandom } from '../../platform/random.ts';
import { migrations } from '../migrations.ts';
import { openMasterKey } from './open-master-key.ts';
import { SealBroken } from './sealed-box.ts';
import { createSecretWrapper } from './secret-wrapper.ts';

const clock = new FixedClock(1_700_000_000_000);
const secretOfMaster = systemRandom.bytes(32);
const secret = Buffer.from('an access key secret');

async function startWrapper(database: Database) {
  const base64 = Buffer.from(secretOfMaster).toString('base64');
  const source = { kind: 'environment', name: 'OPENCCM_MASTER_KEY', base64 } as const;
  const masterKey = await openMasterKey({ database, clock, random: systemRandom, source });
  return createSecretWrapper({ database, clock, random: systemRandom, masterKey });
}

describeOnEachDatabase('secret wrapper', migrations, (open) => {
  test('unwraps what was wrapped, after a restart too', async () => {
    const database = await open();
    const wrapped = await (await startWrapper(database)).wrap(secret, 'row 1');
    assert.ok(!Buffer.from(wrapped).includes(secret));
    assert.deepEqual(Buffer.from(await (await startWrapper(database)).unwrap(wrapped, 'row 1')), secret);
  });

  test('does not unwrap at another place or what was changed', async () => {
    const database = await open();
    const wrapper = await startWrapper(database);
    const wrapped = await wrapper.wrap(secret, 'row 1');
    await assert.rejects(wrapper.unwrap(wrapped, 'row 2'), SealBroken);
    for (const index of [0, 1, 20, 30, wrapped.length - 1]) {
      const changed = Buffer.from(wrapped);
      changed[index]! ^= 1;
      await assert.rejects(wrapper.unwrap(changed, 'row 1'), SealBroken);
    }
    await assert.rejects(wrapper.unwrap(new Uint8Array(), 'row 1'), SealBroken);
  });

  test('first uses that race share one key', async () => {
    const database = await open();
    const wrappers = await Promise.all(Array.from({ length: 5 }, () => startWrapper(database)));
    const wrapped = await Promise.all(wrappers.map((wrapper) => wrapper.wrap(secret, 'row')));
    for (const bytes of wrapped)
      assert.deepEqual(Buffer.from(await (await startWrapper(database)).unwrap(bytes, 'row')), secret);
    assert.equal(new Set(wrapped.map((bytes) => Buffer.from(bytes).toString('hex', 1, 21))).size, 1);
  });
});
