import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import { type BenchUser, type Flat, openSqliteBench, testNowMs, unknownKeyId } from '../kms.fixture.ts';

const bench = await openSqliteBench();
const keyspaceId = 'a8fa42d8-4a41-4d35-b174-1e1ca3d1f9e0';
const fields = { keyspace_id: keyspaceId, access_point_name: 'point:/_-1', type: 3 };

interface Page {
  readonly access_points: readonly Flat[];
  readonly page_info: { readonly next_marker: string; readonly current_count: number };
}

const create = (user: BenchUser, changes: object = {}) =>
  user.send('POST', 'kms/access-points', { ...fields, ...changes });
const list = async (user: BenchUser, query = '') =>
  (await user.send<Page>('GET', `kms/access-points?keyspace_id=${keyspaceId}${query}`)).body;

test('access points of the three types; each needs what identifies it', async () => {
  const user = bench.user();
  for (const accepted of [
    {},
    { type: 1, identity: 'ecs-1' },
    { type: 2, identity: 'a public key', cluster_id: 'cce-1', description: 'text' },
  ]) {
    const { status, body } = await create(user, accepted);
    assert.equal(status, 200);
    assert.match(body.access_point_id!, /^[0-9a-f]{8}-/);
  }
  for (const refused of [
    { type: 4 },
    { type: '3' },
    { type: 1 },
    { type: 2, identity: 'a public key' },
    { type: 3, identity: 'x' },
    { keyspace_id: 'x' },
    { access_point_name: 'a b' },
    { access_point_name: 'a'.repeat(256) },
    { description: 'a'.repeat(256) },
  ])
    assert.equal((await create(user, refused)).code, 'KMS.0308', JSON.stringify(refused));
  assert.equal((await create(user, { type: undefined })).code, 'KMS.0204');
});

test('a list is of one key space, newest first, in pages; a time has its misspelt name', async () => {
  const user = bench.user();
  const ids: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    bench.clock.advance(1);
    ids.unshift((await create(user)).body.access_point_id!);
  }
  await create(user, { keyspace_id: unknownKeyId });
  const nowMs = String(bench.clock.nowMs());
  const first = await list(user, '&limit=2');
  assert.deepEqual(first.access_points[0], {
    access_point_id: ids[0],
    keyspace_id: keyspaceId,
    access_point_name: 'point:/_-1',
    state: 1,
    type: 3,
    created_by: user.userId,
    create_time: nowMs,
    lsat_modify_time: nowMs,
  });
  assert.deepEqual(first.page_info, { next_marker: '2', current_count: 2 });
  const last = await list(user, `&limit=2&marker=${first.page_info.next_marker}`);
  assert.deepEqual(
    last.access_points.map(({ access_point_id: id }) => id),
    [ids[2]],
  );
  assert.deepEqual(last.page_info, { next_marker: '', current_count: 1 });
  assert.deepEqual((await list(bench.user())).access_points, []);
  const refused = async (query: string) => (await user.send('GET', `kms/access-points?${query}`)).code;
  assert.equal(await refused(`keyspace_id=${keyspaceId}&limit=x`), 'KMS.1601');
  assert.equal(await refused(`keyspace_id=${keyspaceId}&marker=x`), 'KMS.1602');
  assert.equal(await refused('keyspace_id=x'), 'KMS.0308');
  assert.equal(await refused(''), 'KMS.0204');
  assert.ok(bench.clock.nowMs() > testNowMs);
});

test('it is enabled, disabled and deleted; twice is as good as once', async () => {
  const user = bench.user();
  const { access_point_id: id } = (await create(user)).body;
  const stateNow = async () => (await list(user)).access_points[0]?.state;
  for (const [verb, state] of [
    ['disable', 0],
    ['disable', 0],
    ['enable', 1],
  ] as const) {
    const answer = await user.send('POST', `kms/access-points/${id}/${verb}`);
    assert.deepEqual([answer.status, answer.body], [200, {}]);
    assert.equal(await stateNow(), state);
  }
  const deleted = await user.send('DELETE', `kms/access-points/${id}`);
  assert.deepEqual([deleted.status, deleted.body], [204, undefined]);
  assert.equal((await user.send('DELETE', `kms/access-points/${id}`)).code, 'KMS.0308');
});

test('one that a key policy names is not deleted under it', async () => {
  const user = bench.user();
  const { access_point_id: id } = (await create(user)).body;
  const policy = JSON.stringify({ version: '1.0', allowed_access_point: [id] });
  const body = { keyspace_id: keyspaceId, policy_name: 'p', policy };
  const { policy_id: policyId } = (await user.send('POST', 'kms/key-policies', body)).body;
  const refused = await user.send('DELETE', `kms/access-points/${id}`);
  assert.equal(refused.code, 'KMS.0308');
  assert.match(JSON.stringify(refused.body), /Key policies that name the access point: 1/);
  await user.send('DELETE', `kms/key-policies/${policyId}`);
  assert.equal((await user.send('DELETE', `kms/access-points/${id}`)).status, 204);
});

test('the private key of a Custom one is read as PKCS#8, each time the same, and recorded', async () => {
  const user = bench.user();
  const { access_point_id: id } = (await create(user)).body;
  const read = () => user.send('POST', `kms/access-points/${id}/get-privatekey`);
  const { body } = await read();
  assert.equal(body.access_point_id, id);
  const key = { key: Buffer.from(body.private_key!, 'base64'), format: 'der', type: 'pkcs8' } as const;
  assert.equal(createPrivateKey(key).asymmetricKeyDetails?.namedCurve, 'prime256v1');
  assert.deepEqual((await read()).body, body);
  const reads = (await user.audits()).filter(({ action }) => action === 'kms:accessPoint:getPrivateKey');
  assert.equal(reads.length, 2);
  const ecs = (await create(user, { type: 1, identity: 'ecs-1' })).body.access_point_id;
  assert.equal((await user.send('POST', `kms/access-points/${ecs}/get-privatekey`)).code, 'KMS.0308');
});

test('another has none of it, and each operation has its permission', async () => {
  const user = bench.user();
  const { access_point_id: id } = (await create(user)).body;
  const operations = [
    ['POST', `/${id}/enable`, 'kms:accessPoint:enable'],
    ['POST', `/${id}/disable`, 'kms:accessPoint:disable'],
    ['POST', `/${id}/get-privatekey`, 'kms:accessPoint:getPrivateKey'],
    ['DELETE', `/${id}`, 'kms:accessPoint:delete'],
  ] as const;
  for (const [method, rest, action] of operations) {
    assert.equal((await bench.user().send(method, `kms/access-points${rest}`)).code, 'KMS.0308', rest);
    const { status, code } = await user.without(action).send(method, `kms/access-points${rest}`);
    assert.deepEqual([status, code], [403, 'KMS.0306'], rest);
  }
  assert.equal((await create(user.without('kms:accessPoint:create'))).code, 'KMS.0306');
  const lister = user.without('kms:accessPoint:list');
  assert.equal((await lister.send('GET', `kms/access-points?keyspace_id=${keyspaceId}`)).code, 'KMS.0306');
});
