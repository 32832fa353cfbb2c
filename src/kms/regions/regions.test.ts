import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSqliteBench, region, unknownKeyId } from '../kms.fixture.ts';

const bench = await openSqliteBench();

interface Regions {
  readonly regions: readonly string[];
}

test('the list of regions has the own one, and is empty from offset 1 on', async () => {
  const user = bench.user();
  const list = async (query: string) => (await user.send<Regions>('GET', `v2/kms/regions${query}`)).body;
  assert.deepEqual(await list(''), { regions: [region] });
  assert.deepEqual(await list('?limit=50&offset=0'), { regions: [region] });
  assert.deepEqual(await list('?limit=50&offset=1'), { regions: [] });
  assert.equal((await user.send('GET', 'v2/kms/regions?limit=x')).code, 'KMS.1601');
  assert.equal((await user.send('GET', 'v2/kms/regions?offset=-1')).code, 'KMS.1603');
  const without = user.without('kms:cmk:listRegions');
  assert.equal((await without.send('GET', 'v2/kms/regions')).code, 'KMS.0306');
});

test('the primary region of a key is the own one and can be no other; key_id may be left out of the body', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const path = `v2/kms/keys/${keyId}/update-primary-region`;
  for (const body of [{ primary_region: region }, { key_id: keyId, primary_region: region }]) {
    const answer = await user.send('PUT', path, body);
    assert.deepEqual([answer.status, answer.body], [200, { key_id: keyId, primary_region: region }]);
  }
  assert.equal((await user.send('PUT', path, { primary_region: 'cn-south-1' })).code, 'KMS.0308');
  assert.equal((await user.send('PUT', path, {})).code, 'KMS.0204');
  assert.equal((await user.send('PUT', path, { key_id: 'x', primary_region: region })).code, 'KMS.0205');
  const unknown = path.replace(keyId, unknownKeyId);
  assert.equal((await user.send('PUT', unknown, { primary_region: region })).code, 'KMS.0207');
  const without = user.without('kms:cmk:updatePrimaryRegion');
  assert.equal((await without.send('PUT', path, { primary_region: region })).code, 'KMS.0306');
});

test('a key cannot be copied: there is no other region', async () => {
  const user = bench.user();
  const keyId = await user.createKey();
  const path = `v2/kms/keys/${keyId}/replicate`;
  const body = {
    key_id: keyId,
    replica_region: region,
    key_alias: 'copy',
    replica_project_id: user.projectId,
  };
  for (const replicaRegion of [region, 'cn-south-1']) {
    const { code, message } = await user.send('POST', path, { ...body, replica_region: replicaRegion });
    assert.equal(code, 'KMS.0308');
    assert.match(message, /replica_region must be/);
  }
  assert.equal((await user.send('POST', path, { ...body, key_alias: 'a b' })).code, 'KMS.1101');
  assert.equal((await user.send('POST', path, { key_id: keyId })).code, 'KMS.0204');
  const unknown = path.replace(keyId, unknownKeyId);
  assert.equal((await user.send('POST', unknown, body)).code, 'KMS.0207');
  assert.equal((await user.without('kms:cmk:replicate').send('POST', path, body)).code, 'KMS.0306');
});
