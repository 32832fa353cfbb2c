import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  benchMigrations,
  type Flat,
  knownEnterpriseProject,
  openBench,
  openSqliteBench,
  unknownKeyId,
} from '../kms.fixture.ts';

interface KeyList {
  readonly keys: string[];
  readonly key_details: Flat[];
  readonly next_marker: string;
  readonly truncated: string;
  readonly total: number;
}

describeOnEachDatabase('list-keys', benchMigrations, (open) => {
  test('pages through the keys, newest first', async () => {
    const bench = await openBench(await open());
    const user = bench.user();
    assert.deepEqual(await user.call('list-keys'), {
      keys: [],
      key_details: [],
      next_marker: '',
      truncated: 'false',
      total: 0,
    });
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      made.unshift(await user.createKey());
      bench.clock.advance(1);
    }
    const all = await user.call<KeyList>('list-keys');
    assert.deepEqual(all.keys, made);
    assert.deepEqual(
      all.key_details.map((key) => key.key_id),
      made,
    );
    assert.deepEqual([all.next_marker, all.truncated, all.total], ['', 'false', 5]);
    for (const [limit, marker] of [
      ['2', undefined],
      ['2', ''],
      [2, '0'],
    ] as const) {
      const first = await user.call<KeyList>('list-keys', { limit, marker });
      assert.deepEqual(
        [first.keys, first.next_marker, first.truncated, first.total],
        [made.slice(0, 2), '2', 'true', 5],
      );
    }
    const last = await user.call<KeyList>('list-keys', { limit: '2', marker: '4' });
    assert.deepEqual([last.keys, last.next_marker, last.truncated], [made.slice(4), '', 'false']);
    const beyond = await user.call<KeyList>('list-keys', { limit: 2000, marker: 5 });
    assert.deepEqual([beyond.keys, beyond.next_marker, beyond.total], [[], '', 5]);
  });

  test('filters by spec, state and enterprise project', async () => {
    const bench = await openBench(await open());
    const user = bench.user();
    const aes = await user.createKey();
    const ec = await user.createKey({ key_spec: 'EC_P256' });
    const waiting = await user.createKey({
      origin: 'external',
      enterprise_project_id: knownEnterpriseProject,
    });
    await user.call('disable-key', { key_id: ec });
    const list = async (filter: object) => (await user.call<KeyList>('list-keys', filter)).keys.sort();
    assert.deepEqual(await list({}), [aes, waiting].sort());
    assert.deepEqual(await list({ key_spec: 'ALL' }), [aes, ec, waiting].sort());
    assert.deepEqual(await list({ key_spec: 'EC_P256' }), [ec]);
    assert.deepEqual(await list({ key_spec: 'HMAC_256' }), []);
    assert.deepEqual(await list({ key_spec: 'ALL', key_state: '1' }), []);
    assert.deepEqual(await list({ key_spec: 'ALL', key_state: '2' }), [aes]);
    assert.deepEqual(await list({ key_spec: 'ALL', key_state: '3' }), [ec]);
    assert.deepEqual(await list({ key_spec: 'ALL', key_state: '5' }), [waiting]);
    await user.call('schedule-key-deletion', { key_id: aes, pending_days: '7' });
    assert.deepEqual(await list({ key_state: '4' }), [aes]);
    assert.deepEqual(await list({ enterprise_project_id: 'all' }), [aes, waiting].sort());
    assert.deepEqual(await list({ enterprise_project_id: '0' }), [aes]);
    assert.deepEqual(await list({ enterprise_project_id: knownEnterpriseProject }), [waiting]);
    const part = user.without('kms:cmk:list@0');
    for (const filter of [
      {},
      { enterprise_project_id: 'all' },
      { enterprise_project_id: knownEnterpriseProject },
    ]) {
      const { keys, total } = await part.call<KeyList>('list-keys', filter);
      assert.deepEqual([keys, total], [[waiting], 1]);
    }
    assert.equal(await part.refused('list-keys', { enterprise_project_id: '0' }), 'KMS.0306');
  });
});

const bench = await openSqliteBench();

test('list-keys takes no body, null and {}, and refuses what is wrong with its code', async () => {
  const user = bench.user();
  for (const body of [undefined, 'null', '{}'])
    assert.equal((await user.send('POST', 'kms/list-keys', body)).status, 200);
  const refused = (fields: object) => user.refused('list-keys', fields);
  for (const limit of ['0', '-1', 'x', '1.5', true]) assert.equal(await refused({ limit }), 'KMS.1601');
  for (const marker of ['-1', 'x', true]) assert.equal(await refused({ marker }), 'KMS.1602');
  assert.equal(await refused({ key_state: '7' }), 'KMS.0308');
  assert.equal(await refused({ key_spec: 'DES' }), 'KMS.0308');
  assert.equal(await refused({ enterprise_project_id: 'x' }), 'KMS.0308');
  assert.equal(await refused({ sequence: 'x' }), 'KMS.0206');
  assert.equal(await user.without('kms:cmk:list').refused('list-keys'), 'KMS.0306');
});

test('keys of other accounts and projects are not listed', async () => {
  const user = bench.user();
  await user.createKey();
  const elsewhere = user.inProject(`${user.accountId.slice(0, 8)}${'2'.repeat(24)}`);
  for (const other of [bench.user(), elsewhere])
    assert.equal((await other.call<KeyList>('list-keys', { key_spec: 'ALL' })).total, 0);
});

test('describe-key works in every state and refuses what there is not', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const stateNow = async () =>
    (await user.call<{ key_info: Flat }>('describe-key', { key_id: keyId })).key_info.key_state;
  assert.equal(await stateNow(), '2');
  await user.call('disable-key', { key_id: keyId });
  assert.equal(await stateNow(), '3');
  await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
  assert.equal(await stateNow(), '4');
  assert.equal(await user.refused('describe-key', {}), 'KMS.0204');
  assert.equal(await user.refused('describe-key', { key_id: 'x' }), 'KMS.0205');
  assert.equal(await user.refused('describe-key', { key_id: keyId, sequence: 'x' }), 'KMS.0206');
  assert.equal(await user.refused('describe-key', { key_id: unknownKeyId }), 'KMS.0207');
  assert.equal(await user.without('kms:cmk:get').refused('describe-key', { key_id: keyId }), 'KMS.0306');
});

test('instances and quotas count customer keys in every state', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  await user.createKey({ origin: 'external' });
  await user.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
  const instances = await user.send<object>('GET', 'kms/user-instances');
  assert.deepEqual([instances.status, instances.body], [200, { instance_num: 2 }]);
  const quotas = await user.send<object>('GET', 'kms/user-quotas');
  assert.deepEqual(quotas.body, {
    quotas: {
      resources: [
        { type: 'CMK', used: 2, quota: 100 },
        { type: 'grant_per_CMK', used: 0, quota: 100 },
      ],
    },
  });
  const denied = user.without('kms:cmk:getInstance', 'kms:cmk:getQuota');
  for (const path of ['kms/user-instances', 'kms/user-quotas'])
    assert.equal((await denied.send('GET', path)).code, 'KMS.0306');
});

test('policies see the project and the key: its account, enterprise project and tags', async () => {
  const user = bench.user();
  const keyId = await user.createKey({ enterprise_project_id: knownEnterpriseProject });
  await user.send('POST', `kms/${keyId}/tags`, { tag: { key: 'team', value: 'blue' } });
  await user.call('describe-key', { key_id: keyId });
  assert.deepEqual(bench.asked.at(-1), {
    action: 'kms:cmk:get',
    resource: `kms:*:${user.accountId}:KeyId:${keyId}`,
    projectId: user.projectId,
    conditions: { 'g:EnterpriseProjectId': knownEnterpriseProject, 'g:ResourceTag/team': 'blue' },
  });
});
