import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type BenchUser, type Flat, openSqliteBench, testNowMs } from '../kms.fixture.ts';

const bench = await openSqliteBench();

interface GrantPage {
  readonly grants: readonly (Flat & { readonly operations: readonly string[] })[];
  readonly next_marker: string;
  readonly truncated: string;
  readonly total: number;
}

async function grant(issuer: BenchUser, keyId: string, to: string, fields: object): Promise<string> {
  return (await issuer.call('create-grant', { key_id: keyId, grantee_principal: to, ...fields })).grant_id!;
}

const listGrants = (user: BenchUser, keyId: string, page: object = {}) =>
  user.call<GrantPage>('list-grants', { key_id: keyId, ...page });

describe('lists of grants', () => {
  test('show every field, dates in milliseconds, and leave out what is not set', async () => {
    const [owner, grantee] = [bench.user(), bench.user()];
    const keyId = await owner.createKey();
    const fields = { operations: ['encrypt-data', 'describe-key'], name: 'a:/_-1' };
    const id = await grant(owner, keyId, grantee.userId, { ...fields, retiring_principal: grantee.userId });
    bench.clock.advance(1);
    const plain = await grant(owner, keyId, grantee.userId, { operations: ['describe-key'] });
    const { grants, ...page } = await listGrants(owner, keyId);
    const nowMs = bench.clock.nowMs();
    const common = {
      key_id: keyId,
      grantee_principal: grantee.userId,
      grantee_principal_type: 'user',
      issuing_principal: owner.userId,
    };
    assert.deepEqual(grants, [
      {
        ...common,
        ...fields,
        grant_id: id,
        creation_date: String(nowMs - 1),
        retiring_principal: grantee.userId,
      },
      { ...common, grant_id: plain, operations: ['describe-key'], creation_date: String(nowMs) },
    ]);
    assert.deepEqual(page, { next_marker: '', truncated: 'false', total: 2 });
    assert.ok(nowMs > testNowMs);
  });

  test('are read by limit and marker; the last page has an empty next_marker', async () => {
    const owner = bench.user();
    const keyId = await owner.createKey();
    const fields = { operations: ['describe-key'], retiring_principal: owner.userId };
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      bench.clock.advance(1);
      ids.push(await grant(owner, keyId, owner.userId, fields));
    }
    for (const read of [
      (page: object) => listGrants(owner, keyId, page),
      (page: object) => owner.call<GrantPage>('list-retirable-grants', page),
    ]) {
      const first = await read({ limit: 2, marker: '' });
      assert.deepEqual(
        first.grants.map((each) => each.grant_id),
        ids.slice(0, 2),
      );
      assert.deepEqual([first.truncated, first.next_marker, first.total], ['true', '2', 5]);
      const last = await read({ limit: '3', marker: first.next_marker });
      assert.deepEqual(
        last.grants.map((each) => each.grant_id),
        ids.slice(2),
      );
      assert.deepEqual([last.truncated, last.next_marker, last.total], ['false', '', 5]);
    }
    for (const operation of ['list-grants', 'list-retirable-grants']) {
      const refused = (page: object) => owner.refused(operation, { key_id: keyId, ...page });
      for (const limit of ['0', 'x', '-1']) assert.equal(await refused({ limit }), 'KMS.1601');
      for (const marker of ['x', '-1']) assert.equal(await refused({ marker }), 'KMS.1602');
      assert.equal(await owner.without('kms:grant:list').refused(operation, { key_id: keyId }), 'KMS.0306');
    }
  });

  test('retirable grants are those that name the caller as retiring principal, on whosever keys', async () => {
    const [owner, retirer] = [bench.user(), bench.user()];
    const keyId = await owner.createKey();
    const operations = ['describe-key'];
    await grant(owner, keyId, retirer.userId, { operations });
    const id = await grant(owner, keyId, owner.userId, { operations, retiring_principal: retirer.userId });
    const { status, body } = await retirer.send<GrantPage>('POST', 'kms/list-retirable-grants');
    assert.equal(status, 200);
    assert.deepEqual(
      body.grants.map((each) => each.grant_id),
      [id],
    );
    assert.equal((await owner.call<GrantPage>('list-retirable-grants')).total, 0);
  });
});
