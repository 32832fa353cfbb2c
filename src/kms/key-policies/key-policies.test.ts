import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { type BenchUser, benchMigrations, openBench, openSqliteBench, unknownKeyId } from '../kms.fixture.ts';

const bench = await openSqliteBench();
const keyspaceId = 'a8fa42d8-4a41-4d35-b174-1e1ca3d1f9e0';
const period = { start_time: '2026-01-01T00:00:00Z', end_time: '2027-01-01T00:00:00Z' };
const document = { version: '1.0', validity_period: period, allowed_access_point: ['p'] };

async function create(user: BenchUser, fields: object = {}): Promise<string> {
  const body = {
    keyspace_id: keyspaceId,
    policy_name: 'policy-1',
    policy: JSON.stringify(document),
    ...fields,
  };
  const { status, body: answer } = await user.send('POST', 'kms/key-policies', body);
  assert.equal(status, 200);
  return answer.policy_id!;
}

describeOnEachDatabase('key policies', benchMigrations, (open) => {
  test('are made, shown, changed, listed and deleted', async () => {
    const node = await openBench(await open());
    const user = node.user();
    const policyId = await create(user, { description: 'first' });
    const path = `kms/key-policies/${policyId}`;
    const times = {
      create_time: String(node.clock.nowMs()),
      last_modify_time: String(node.clock.nowMs()),
      last_access_time: String(node.clock.nowMs()),
    };
    const shown = {
      policy_id: policyId,
      policy_name: 'policy-1',
      keyspace_id: keyspaceId,
      description: 'first',
      created_by: user.userId,
      ...times,
    };
    assert.deepEqual((await user.send<object>('GET', path)).body, { ...shown, policy: document });
    node.clock.advance(1000);
    const changed = { version: '2.0', allowed_data_security_zone: ['z'] };
    assert.deepEqual((await user.send<object>('PUT', path, { policy: JSON.stringify(changed) })).body, {
      policy_id: policyId,
      policy: changed,
      description: 'first',
      last_modify_time: String(node.clock.nowMs()),
    });
    const second = await create(user);
    const list = await user.send<{ keyspace_policies: object[]; page_info: object }>(
      'GET',
      `kms/key-policies?keyspace_id=${keyspaceId}&limit=1`,
    );
    assert.deepEqual(list.body.page_info, { next_marker: '1', current_count: 1 });
    assert.deepEqual(list.body.keyspace_policies, [
      {
        ...shown,
        policy_id: second,
        description: '',
        create_time: String(node.clock.nowMs()),
        last_modify_time: String(node.clock.nowMs()),
        last_access_time: String(node.clock.nowMs()),
        policy: { version: '1.0', validityPeriod: period, allowedAccessPoint: ['p'] },
      },
    ]);
    const removed = await user.send('DELETE', path);
    assert.deepEqual([removed.status, removed.body], [204, undefined]);
    assert.equal((await user.send('GET', path)).code, 'KMS.0308');
    assert.equal((await user.send('DELETE', path)).code, 'KMS.0308');
  });
});

test('wrong policies are refused', async () => {
  const user = bench.user();
  const good = { keyspace_id: keyspaceId, policy_name: 'p', policy: JSON.stringify(document) };
  const code = async (fields: object) =>
    (await user.send('POST', 'kms/key-policies', { ...good, ...fields })).code;
  const backwards = { start_time: period.end_time, end_time: period.start_time };
  for (const [policy, expected] of [
    [{ ...document, validity_period: backwards }, 'KMS.2801'],
    [{ ...document, validity_period: { start_time: 'soon' } }, 'KMS.0308'],
    [{ ...document, validity_period: 7 }, 'KMS.0308'],
    [{ ...document, allowed_access_point: 'p' }, 'KMS.0308'],
    [{ validity_period: period }, 'KMS.0308'],
    [[], 'KMS.0308'],
  ] as const)
    assert.equal(await code({ policy: JSON.stringify(policy) }), expected);
  assert.equal(await code({ policy: '{' }), 'KMS.0308');
  assert.equal(await code({ policy: document }), 'KMS.0308');
  assert.equal(await code({ policy_name: 'ä' }), 'KMS.0308');
  assert.equal(await code({ keyspace_id: 'x' }), 'KMS.0308');
  assert.equal(await code({ keyspace_id: undefined }), 'KMS.0204');
  const policyId = await create(user);
  const update = { policy: JSON.stringify({ ...document, validity_period: backwards }) };
  assert.equal((await user.send('PUT', `kms/key-policies/${policyId}`, update)).code, 'KMS.2801');
});

test('policies of another account are not there, and every operation asks for its right', async () => {
  const user = bench.user();
  const policyId = await create(user);
  const requests = [
    [
      'POST',
      'kms/key-policies',
      'kms:policy:create',
      { keyspace_id: keyspaceId, policy_name: 'p', policy: JSON.stringify(document) },
    ],
    ['GET', `kms/key-policies?keyspace_id=${keyspaceId}`, 'kms:policy:list', undefined],
    ['GET', `kms/key-policies/${policyId}`, 'kms:policy:get', undefined],
    ['PUT', `kms/key-policies/${policyId}`, 'kms:policy:update', { policy: JSON.stringify(document) }],
    ['DELETE', `kms/key-policies/${policyId}`, 'kms:policy:delete', undefined],
  ] as const;
  for (const [method, path, action, body] of requests) {
    assert.equal((await user.without(action).send(method, path, body)).code, 'KMS.0306');
    if (path.includes(policyId)) assert.equal((await bench.user().send(method, path, body)).code, 'KMS.0308');
  }
  assert.equal((await user.send('GET', `kms/key-policies/${unknownKeyId}`)).code, 'KMS.0308');
});
