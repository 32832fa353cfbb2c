import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { type BenchUser, benchMigrations, openBench } from '../kms.fixture.ts';
import { migrations } from '../migrations.ts';

type Operations = readonly string[];

async function grant(issuer: BenchUser, keyId: string, to: BenchUser | string, operations: Operations) {
  const grantee =
    typeof to === 'string'
      ? { grantee_principal: to, grantee_principal_type: 'domain' }
      : { grantee_principal: to.userId };
  const answer = await issuer.call('create-grant', { key_id: keyId, ...grantee, operations });
  return answer.grant_id!;
}

const handsOn = ['create-grant', 'describe-key', 'retire-grant'];

describeOnEachDatabase('what ends with a grant', benchMigrations, (open) => {
  test('all that was handed on from it, at any depth, however it ends, each on record', async () => {
    const node = await openBench(await open());
    for (const operation of ['revoke-grant', 'retire-grant']) {
      const [owner, first, second, third, other] = Array.from({ length: 5 }, node.user) as [
        BenchUser,
        BenchUser,
        BenchUser,
        BenchUser,
        BenchUser,
      ];
      const keyId = await owner.createKey();
      const id = await grant(owner, keyId, first, handsOn);
      const handedOn = await grant(first, keyId, second, handsOn);
      const again = await grant(second, keyId, third, ['describe-key']);
      await grant(owner, keyId, other, handsOn);
      await owner.call(operation, { key_id: keyId, grant_id: id });
      for (const user of [first, second, third])
        assert.equal(await user.refused('describe-key', { key_id: keyId }), 'KMS.0207');
      await other.call('describe-key', { key_id: keyId });
      assert.equal((await owner.call<{ total: number }>('list-grants', { key_id: keyId })).total, 1);
      const details = (await owner.audits()).map(({ detail }) => detail ?? '');
      for (const ended of [handedOn, again])
        assert.ok(details.some((detail) => detail.includes(ended) && detail.includes(`from grant ${id}`)));
      assert.equal(await owner.refused(operation, { key_id: keyId, grant_id: again }), 'KMS.2501');
    }
  });

  test('what several grants were needed for ends with any of them; what one suffices for with that one', async () => {
    const node = await openBench(await open());
    const [owner, first, second] = [node.user(), node.user(), node.user()];
    const keyId = await owner.createKey();
    const describing = await grant(owner, keyId, first, ['create-grant', 'describe-key']);
    const encrypting = await grant(owner, keyId, first, ['encrypt-data']);
    await grant(first, keyId, second, ['describe-key', 'encrypt-data']);
    await grant(first, keyId, second, ['describe-key']);
    const encrypt = { key_id: keyId, plain_text: 'text' };
    await second.call('encrypt-data', encrypt);
    await owner.call('revoke-grant', { key_id: keyId, grant_id: encrypting });
    assert.equal(await second.refused('encrypt-data', encrypt), 'KMS.0306');
    await second.call('describe-key', { key_id: keyId });
    await owner.call('revoke-grant', { key_id: keyId, grant_id: describing });
    assert.equal(await second.refused('describe-key', { key_id: keyId }), 'KMS.0207');
  });

  test('a grant to an account is handed on by those of its users whose policies allow it, and ends with it', async () => {
    const node = await openBench(await open());
    const [owner, grantee, third] = [node.user(), node.user(), node.user()];
    const keyId = await owner.createKey();
    const id = await grant(owner, keyId, grantee.accountId, handsOn);
    const body = { key_id: keyId, grantee_principal: third.userId, operations: ['describe-key'] };
    for (const action of ['kms:grant:create', 'kms:cmk:get'])
      assert.equal(await grantee.without(action).refused('create-grant', body), 'KMS.0306', action);
    await grantee.call('create-grant', body);
    await third.call('describe-key', { key_id: keyId });
    await owner.call('revoke-grant', { key_id: keyId, grant_id: id });
    assert.equal(await third.refused('describe-key', { key_id: keyId }), 'KMS.0207');
  });

  test('a grant is not handed on while it is revoked', async () => {
    const node = await openBench(await open());
    const second = await node.secondNode();
    for (let round = 0; round < 5; round += 1) {
      const [owner, grantee, third] = [node.user(), node.user(), node.user()];
      const keyId = await owner.createKey();
      const id = await grant(owner, keyId, grantee, handsOn);
      await second.as(grantee).call('describe-key', { key_id: keyId });
      const body = { key_id: keyId, grantee_principal: third.userId, operations: ['describe-key'] };
      await Promise.all([
        owner.call('revoke-grant', { key_id: keyId, grant_id: id }),
        second.as(grantee).send('POST', 'kms/create-grant', body),
      ]);
      assert.equal((await owner.call<{ total: number }>('list-grants', { key_id: keyId })).total, 0);
    }
  });

  test('grants from before parents were kept have those that their issuer had been granted', async () => {
    const database = await open();
    const node = await openBench(database);
    const [owner, first, second] = [node.user(), node.user(), node.user()];
    const keyId = await owner.createKey();
    const id = await grant(owner, keyId, first, handsOn);
    node.clock.advance(1);
    await grant(first, keyId, second, ['describe-key']);
    const kept = () => sql`select * from kms_grant_parents`.execute(database.tables());
    const before = await kept();
    await database.transaction(async (transaction) => {
      const tables = transaction.tables();
      await sql`drop table kms_grant_parents`.execute(tables);
      await migrations['kms-0050-grant-parents']!.up(tables);
    });
    assert.deepEqual((await kept()).rows, before.rows);
    await owner.call('revoke-grant', { key_id: keyId, grant_id: id });
    assert.equal(await second.refused('describe-key', { key_id: keyId }), 'KMS.0207');
  });
});
