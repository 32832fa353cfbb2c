import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { actorOfToken, createTestIdentity, type TestUser } from '../../../test/support/identity.ts';
import { bindAuthenticator, byTotp, inPerson, loginWith } from '../../../test/support/second-factor.ts';
import { migrations } from '../index.ts';

const step = 30_000;
const urlOf = ({ account }: TestUser) =>
  `/v3.0/OS-SECURITYPOLICY/domains/${account.accountId}/protect-policy`;

describeOnEachDatabase('the protect-policy', migrations, (open) => {
  test('allow_user decides what users change of themselves', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const bob = await inPerson(identity, await identity.addUser(acme, 'bob', []));
    const info = `/v3.0/OS-USER/users/${bob.userId}/info`;
    const keys = '/v3.0/OS-CREDENTIAL/credentials';
    const newKey = { credential: { user_id: bob.userId, description: '' } };
    const password = { user: { password: 'Other-Password-2', original_password: bob.password } };
    const allow = (allow_user: object) =>
      call(acme, 200, ['PUT', urlOf(acme), { protect_policy: { operation_protection: false, allow_user } }]);

    await call(bob, 204, ['PUT', info, { user: { email: 'bob@example.com', mobile: '0086-123456789' } }]);
    const { user } = await call<{ user: Record<string, unknown> }>(bob, 200, [
      'GET',
      `/v3.0/OS-USER/users/${bob.userId}`,
    ]);
    assert.deepEqual([user.email, user.areacode, user.phone], ['bob@example.com', '0086', '123456789']);
    await call(bob, 400, ['PUT', info, { user: { mobile: '123' } }]);
    await call(acme, 403, ['PUT', info, { user: { email: 'eve@example.com' } }]);

    await allow({ manage_email: false });
    await call(bob, 403, ['PUT', info, { user: { email: 'eve@example.com' } }]);
    await call(bob, 204, ['PUT', info, { user: { mobile: '0086-1234567' } }]);
    await allow({ manage_mobile: false });
    await call(bob, 403, ['PUT', info, { user: { mobile: '0086-7654321' } }]);
    await allow({ manage_accesskey: false });
    await call(bob, 403, ['POST', keys, newKey]);
    await call(acme, 201, ['POST', keys, newKey]);
    await allow({ manage_accesskey: true });
    await call(bob, 201, ['POST', keys, newKey]);
    await allow({ manage_password: false });
    await call(bob, 403, ['POST', `/v3/users/${bob.userId}/password`, password]);
    await allow({ manage_password: true });
    await call(bob, 204, ['POST', `/v3/users/${bob.userId}/password`, password]);
  });

  test('what would have no effect is refused, and who may not change the policy does not', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, globex, call } = identity;
    const bob = await identity.addUser(acme, 'bob', []);
    const set = (by: TestUser, status: number, policy: object) =>
      call<{ error: { message: string } }>(by, status, [
        'PUT',
        urlOf(acme),
        { protect_policy: { operation_protection: true, ...policy } },
      ]);
    const { error } = await set(acme, 400, { admin_check: 'on', scene: 'mobile' });
    assert.match(error.message, /admin_check must be off/);
    assert.match((await set(acme, 400, { email: 'a@example.com' })).error.message, /protect_policy\.email/);
    await set(acme, 400, { second_factor_minutes: 0 });
    await set(bob, 403, {});
    await set(globex, 403, {});
    await call(bob, 403, ['GET', urlOf(acme)]);
    const shown = await call<{ protect_policy: { operation_protection: boolean } }>(acme, 200, [
      'GET',
      urlOf(acme),
    ]);
    assert.equal(shown.protect_policy.operation_protection, false);
  });

  test('the operator is asked before accounts are made, disabled or given other limits', async () => {
    const identity = await createTestIdentity(await open());
    const { globex, call, app, clock } = identity;
    const root = await inPerson(identity, identity.acme);
    const telephone = await bindAuthenticator(identity, root, 'telephone');
    clock.advance(step);
    const proven = await loginWith(app, root, byTotp(root, telephone.code()));
    await call(proven, 200, ['PUT', urlOf(root), { protect_policy: { operation_protection: true } }]);
    const account = `/v1/accounts/${globex.account.accountId}`;
    const limits = { limits: [{ kind: 'iam.users', limit: 7 }] };
    const opened = { account_name: 'initech', project_name: 'cn-north-4' };
    await call(root, 403, ['POST', '/v1/accounts', opened]);
    await call(root, 403, ['PATCH', account, { enabled: false }]);
    await call(root, 403, ['PUT', `${account}/limits`, limits]);
    const { accounts } = await call<{ accounts: object[] }>(root, 200, ['GET', '/v1/accounts']);
    assert.equal(accounts.length, 2);
    await call(proven, 201, ['POST', '/v1/accounts', opened]);
    await call(proven, 200, ['PUT', `${account}/limits`, limits]);
    await call(proven, 200, ['PATCH', account, { enabled: false }]);
  });

  test('policies ask for a second factor by g:MFAPresent and its age in seconds by g:MFAAge', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, app, clock, iam } = identity;
    const statement = (action: string, Condition: object) => ({
      Effect: 'Allow',
      Action: [action],
      Condition,
    });
    const policy = {
      Version: '1.1',
      Statement: [
        statement('pca:ca:get', { Bool: { 'g:MFAPresent': ['true'] } }),
        statement('pca:ca:list', { Bool: { 'g:MFAPresent': ['false'] } }),
        statement('pca:ca:create', { NumberLessThanEquals: { 'g:MFAAge': ['60'] } }),
      ],
    };
    const bob = await inPerson(identity, await identity.addUser(acme, 'bob', [policy]));
    const telephone = await bindAuthenticator(identity, bob, 'telephone');
    clock.advance(step);
    const strong = await loginWith(app, bob, byTotp(bob, telephone.code()));
    const allowed = async ({ token }: TestUser): Promise<string[]> => {
      const actor = await actorOfToken(iam, token);
      const names = ['pca:ca:get', 'pca:ca:list', 'pca:ca:create'];
      return names.filter((action) => iam.identity.decide(actor, { action }) === 'allowed');
    };
    assert.deepEqual(await allowed(bob), ['pca:ca:list']);
    assert.deepEqual(await allowed(strong), ['pca:ca:get', 'pca:ca:create']);
    clock.advance(61_000);
    assert.deepEqual(await allowed(strong), ['pca:ca:get']);
  });
});
