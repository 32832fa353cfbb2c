import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { type BenchUser, benchMigrations, type Flat, openBench } from '../kms.fixture.ts';

interface GrantPage {
  readonly grants: readonly Flat[];
  readonly total: number;
}

const listGrants = (user: BenchUser, keyId: string, page: object = {}) =>
  user.call<GrantPage>('list-grants', { key_id: keyId, ...page });

const newGrant = (user: BenchUser, keyId: string) => ({
  key_id: keyId,
  grantee_principal: user.userId,
  operations: ['describe-key'],
});

describeOnEachDatabase('grants', benchMigrations, (open) => {
  test('a key has at most 100, also when many are made at once; another quota may be set', async () => {
    const quotas = { keys: 100, grantsPerKey: 3 };
    const small = await openBench(await open(), { quotas });
    const owner = small.user();
    const keyId = await owner.createKey();
    const body = newGrant(owner, keyId);
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => owner.send('POST', 'kms/create-grant', body)),
    );
    assert.deepEqual(answers.map(({ code }) => code).sort(), [
      '',
      '',
      '',
      'KMS.2404',
      'KMS.2404',
      'KMS.2404',
    ]);
    assert.equal((await listGrants(owner, keyId)).total, 3);
    const [first] = (await listGrants(owner, keyId)).grants;
    await owner.call('revoke-grant', { key_id: keyId, grant_id: first!.grant_id });
    await owner.call('create-grant', body);
  });

  test('the default quota is 100', async () => {
    const full = await openBench(await open());
    const owner = full.user();
    const keyId = await owner.createKey();
    const body = newGrant(owner, keyId);
    for (let count = 0; count < 100; count += 1) await owner.call('create-grant', body);
    assert.equal(await owner.refused('create-grant', body), 'KMS.2404');
    assert.equal((await listGrants(owner, keyId, { limit: 100 })).grants.length, 100);
  });

  test('a grant that is ended twice at once is ended once', async () => {
    const full = await openBench(await open());
    const owner = full.user();
    const keyId = await owner.createKey();
    const { grant_id: id } = await owner.call('create-grant', newGrant(owner, keyId));
    const end = (operation: string) =>
      owner.send('POST', `kms/${operation}`, { key_id: keyId, grant_id: id });
    const answers = await Promise.all([end('revoke-grant'), end('retire-grant')]);
    assert.deepEqual(answers.map(({ code }) => code).sort(), ['', 'KMS.2501']);
  });
});
