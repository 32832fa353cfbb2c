import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { describeOnEachDatabase, freshAddress } from '../../../test/support/databases.ts';
import { openDatabase } from '../../platform/db/index.ts';
import { silentLog } from '../../platform/log.ts';
import { benchMigrations, dayMs, type Flat, openBench } from '../kms.fixture.ts';
import type { KmsTables } from '../tables.ts';

const rowsOfKeys = ['kms_keys', 'kms_key_versions', 'kms_grants', 'kms_tags', 'kms_aliases'] as const;

test('of a destroyed key, and of deleted material, not even the wrapped form stays in the file', async () => {
  const { sqliteFile } = await freshAddress.sqlite();
  const database = await openDatabase({ sqliteFile, migrations: benchMigrations, log: silentLog });
  const bench = await openBench(database);
  const user = bench.user();
  const keys = [await user.createKey(), await user.createKey({ key_spec: 'ML-DSA-87' })];
  await user.call('rotate-on-demand', { key_id: keys[0] });
  const versions = await database.tables<KmsTables>().selectFrom('kms_key_versions').selectAll().execute();
  assert.equal(versions.length, 3);
  for (const keyId of keys) await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
  const kept = await user.createKey();
  bench.clock.advance(7 * dayMs);
  await bench.jobs.runDue();
  // The last connection takes the write-ahead log into the file.
  await database.close();
  const file = await readFile(sqliteFile);
  assert.ok(file.includes(kept), 'the search sees the file');
  for (const { wrapped_material: wrapped } of versions) {
    const secret = Buffer.from(wrapped!);
    for (let at = 20; at + 16 <= secret.length; at += 512)
      assert.ok(!file.includes(secret.subarray(at, at + 16)));
  }
});

describeOnEachDatabase('scheduled deletion', benchMigrations, (open) => {
  test('destroys the key with material, grants, tags and aliases when its day has come, not before', async () => {
    const bench = await openBench(await open());
    const user = bench.user();
    const keyId = await user.createKey({ key_alias: 'doomed' });
    const { cipher_text: ciphertext } = await user.call('encrypt-data', { key_id: keyId, plain_text: 'x' });
    await user.call('create-grant', {
      key_id: keyId,
      grantee_principal: 'someone',
      operations: ['describe-key'],
    });
    await user.send('POST', `kms/${keyId}/tags`, { tag: { key: 'a', value: 'b' } });
    await user.send('POST', 'kms/aliases', { key_id: keyId, alias: 'second-name' });
    await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    bench.clock.advance(7 * dayMs - 1);
    await bench.jobs.runDue();
    await user.call('cancel-key-deletion', { key_id: keyId });
    await user.call('enable-key', { key_id: keyId });
    assert.equal((await user.call('decrypt-data', { cipher_text: ciphertext })).plain_text, 'x');
    await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    bench.clock.advance(7 * dayMs);
    await bench.jobs.runDue();
    for (const table of rowsOfKeys) {
      const rows = await bench.database.tables<KmsTables>().selectFrom(table).selectAll().execute();
      assert.deepEqual(rows, [], table);
    }
    assert.equal(await user.refused('cancel-key-deletion', { key_id: keyId }), 'KMS.0207');
    assert.equal(await user.refused('decrypt-data', { cipher_text: ciphertext }), 'KMS.0207');
    const { quotas } = (
      await user.send<{ quotas: { resources: { type: string; used: number }[] } }>('GET', 'kms/user-quotas')
    ).body;
    assert.equal(quotas.resources.find(({ type }) => type === 'CMK')?.used, 0);
    const audits = await user.audits();
    assert.equal(audits.at(-1)?.action, 'kms:cmk:destroy');
    await user.createKey({ key_alias: 'doomed' });
  });

  test('the key is gone at that instant, before any job has run, on every node', async () => {
    const bench = await openBench(await open());
    const user = bench.user();
    const keyId = await user.createKey({ key_alias: 'doomed' });
    await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    const node = await bench.secondNode();
    bench.clock.advance(7 * dayMs);
    assert.equal(await node.as(user).refused('describe-key', { key_id: keyId }), 'KMS.0207');
    for (const operation of ['describe-key', 'cancel-key-deletion', 'enable-key'])
      assert.equal(await user.refused(operation, { key_id: keyId }), 'KMS.0207', operation);
    const { keys, total } = await user.call<{ keys: string[]; total: number }>('list-keys');
    assert.deepEqual([keys, total], [[], 0]);
    assert.equal(await user.refused('describe-key', { key_id: 'alias/doomed' }), 'KMS.0207');
  });

  test('a cancellation and the deletion itself, racing, leave a whole key or none', async () => {
    const bench = await openBench(await open());
    const user = bench.user();
    for (let round = 0; round < 5; round += 1) {
      const keyId = await user.createKey();
      await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
      bench.clock.advance(7 * dayMs - 1);
      const cancelling = user.send('POST', 'kms/cancel-key-deletion', { key_id: keyId });
      bench.clock.advance(1);
      const [cancelled] = await Promise.all([cancelling, bench.jobs.runDue()]);
      const rows = async (table: 'kms_keys' | 'kms_key_versions') =>
        (
          await bench.database
            .tables<KmsTables>()
            .selectFrom(table)
            .select('key_id')
            .where('key_id', '=', keyId)
            .execute()
        ).length;
      const expected = cancelled.status === 200 ? 1 : 0;
      assert.deepEqual([await rows('kms_keys'), await rows('kms_key_versions')], [expected, expected]);
    }
  });

  test('the quota and the alias hold when requests race on two nodes', async () => {
    const database = await open();
    const quotas = { keys: 5, grantsPerKey: 100 };
    const bench = await openBench(database, { quotas });
    const user = bench.user();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        user.send('POST', 'kms/create-key', { key_alias: `k${index}` }),
      ),
    );
    assert.equal(answers.filter(({ status }) => status === 200).length, 5);
    for (const { status, code } of answers) if (status !== 200) assert.equal(code, 'KMS.1105');
    const other = bench.user();
    const same = await Promise.all(
      Array.from({ length: 8 }, () => other.send('POST', 'kms/create-key', { key_alias: 'same' })),
    );
    assert.deepEqual(same.map(({ status, code }) => (status === 200 ? 'made' : code)).sort(), [
      ...Array.from({ length: 7 }, () => 'KMS.1104'),
      'made',
    ]);
    const { body } = await other.send<{ instance_num: number }>('GET', 'kms/user-instances');
    assert.equal(body.instance_num, 1);
  });

  test('a change on one node is seen by another within a second', async () => {
    const bench = await openBench(await open());
    const node = await bench.secondNode();
    const user = bench.user();
    const keyId = await user.createKey();
    const there = node.as(user);
    await there.call('encrypt-data', { key_id: keyId, plain_text: 'x' });
    await user.call('disable-key', { key_id: keyId });
    assert.equal(await user.refused('encrypt-data', { key_id: keyId, plain_text: 'x' }), 'KMS.0209');
    bench.clock.advance(1001);
    assert.equal(await there.refused('encrypt-data', { key_id: keyId, plain_text: 'x' }), 'KMS.0209');
    // A change is decided on what the database says, however old the node's knowledge is.
    await user.call('enable-key', { key_id: keyId });
    assert.equal(await there.refused('enable-key', { key_id: keyId }), 'KMS.1201');
  });

  test('no key is plain in the database', async () => {
    const bench = await openBench(await open());
    const user = bench.user();
    const keyId = await user.createKey({ key_spec: 'EC_P256' });
    const symmetric = await user.createKey();
    const versions = await bench.database
      .tables<KmsTables>()
      .selectFrom('kms_key_versions')
      .selectAll()
      .where('key_id', 'in', [keyId, symmetric])
      .execute();
    assert.equal(versions.length, 2);
    for (const { wrapped_material: wrapped, key_id: id } of versions) {
      assert.ok(wrapped);
      // PKCS#8 DER of a P-256 key begins so; material of 32 bytes would be shorter than what is stored.
      assert.ok(!Buffer.from(wrapped).includes(Buffer.from('301306072a8648ce3d0201', 'hex')));
      if (id === symmetric) assert.ok(wrapped.length > 32 + 28);
    }
    const { public_key: pem } = await user.call<Flat>('get-publickey', { key_id: keyId });
    assert.match(pem!, /^-----BEGIN PUBLIC KEY-----\r\n/);
  });
});
