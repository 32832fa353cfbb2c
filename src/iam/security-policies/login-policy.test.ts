import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  actorOfToken,
  createTestIdentity,
  login,
  type TestUser,
  testIamPorts,
} from '../../../test/support/identity.ts';
import { createIam, migrations } from '../index.ts';
import { logIn, policyUrl, statusOf } from './security-policies.fixture.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

describeOnEachDatabase('login policies', migrations, (open) => {
  test('a token that is not used for as long as session_timeout says ends, and does not come back', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, clock } = identity;
    const bob = await identity.addUser(acme, 'bob', []);
    const setTimeout = (user: TestUser, session_timeout: number) =>
      call(user, 200, ['PUT', policyUrl(acme, 'login-policy'), { login_policy: { session_timeout } }]);
    clock.advance(3 * 60 * minuteMs);
    assert.equal(await statusOf(identity, bob), 200, 'the default cuts no token');
    await setTimeout(acme, 20);
    for (let use = 0; use < 5; use++) {
      clock.advance(19 * minuteMs);
      assert.equal(await statusOf(identity, bob), 200, 'is in use');
    }
    clock.advance(21 * minuteMs);
    assert.equal(await statusOf(identity, bob), 401);
    assert.equal(await statusOf(identity, acme), 401, 'the root user too');
    const asRoot = { ...acme, token: await login(identity.app, acme) };
    await setTimeout(asRoot, 1440);
    assert.equal(await statusOf(identity, bob), 401);
  });

  test('nodes agree on the use of a token', async () => {
    const database = await open();
    const identity = await createTestIdentity(database);
    const { acme, call, clock } = identity;
    await call(acme, 200, [
      'PUT',
      policyUrl(acme, 'login-policy'),
      { login_policy: { session_timeout: 15 } },
    ]);
    clock.advance(14 * minuteMs);
    assert.equal(await statusOf(identity, acme), 200);
    // The write is not waited for by the request; one that is shows that it is done.
    await call(acme, 200, [
      'PUT',
      policyUrl(acme, 'login-policy'),
      { login_policy: { session_timeout: 15 } },
    ]);
    const otherNode = createIam({ ...testIamPorts(clock), database });
    clock.advance(14 * minuteMs);
    assert.equal((await actorOfToken(otherNode, acme.token)).principalId, acme.userId);
    clock.advance(16 * minuteMs);
    await assert.rejects(actorOfToken(otherNode, acme.token), /the token is expired/);
  });

  test('a use of a derived key is a use of the token that it comes from', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, clock, app } = identity;
    await call(acme, 200, [
      'PUT',
      policyUrl(acme, 'login-policy'),
      { login_policy: { session_timeout: 15 } },
    ]);
    const source = { methods: ['token'], token: { id: acme.token } };
    const exchange = {
      method: 'POST' as const,
      url: '/v3/auth/tokens',
      payload: { auth: { identity: source } },
    };
    const derived = String((await app.inject(exchange)).headers['x-subject-token']);
    for (let use = 0; use < 3; use++) {
      clock.advance(14 * minuteMs);
      assert.equal(await statusOf(identity, { ...acme, token: derived }), 200);
      // A change that is waited for comes after the write of the use, which is not.
      await call({ ...acme, token: derived }, 201, ['POST', '/v3/groups', { group: { name: `g${use}` } }]);
    }
    assert.equal(await statusOf(identity, acme), 200);
    clock.advance(16 * minuteMs);
    assert.equal(await statusOf(identity, acme), 401);
    assert.equal(await statusOf(identity, { ...acme, token: derived }), 401);
  });

  test('users that were not active for account_validity_period days are disabled; the root user is not', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, clock } = identity;
    const bob = await identity.addUser(acme, 'bob', []);
    const eve = await identity.addUser(acme, 'eve', []);
    const url = `/v3/users/${bob.userId}`;
    clock.advance(5 * dayMs);
    assert.equal((await logIn(identity, eve)).statusCode, 201);
    clock.advance(5 * dayMs);
    const asRoot = { ...acme, token: await login(identity.app, acme) };
    const policy = { login_policy: { account_validity_period: 10 } };
    await call(asRoot, 200, ['PUT', policyUrl(acme, 'login-policy'), policy]);
    assert.equal((await logIn(identity, bob)).statusCode, 401);
    assert.equal((await logIn(identity, eve)).statusCode, 201);
    const { user } = await call<{ user: { enabled: boolean } }>(asRoot, 200, ['GET', url]);
    assert.equal(user.enabled, false);
    const { records } = await call<{ records: { detail: string; resource: { id: string } }[] }>(asRoot, 200, [
      'GET',
      '/v1/audit/records?action=iam:users:disable',
    ]);
    assert.deepEqual(
      records.map((record) => [record.resource.id, record.detail]),
      [[bob.userId, 'not active for 10 days (account_validity_period)']],
    );
    await call(asRoot, 200, ['PATCH', url, { user: { enabled: true } }]);
    assert.equal((await logIn(identity, bob)).statusCode, 201, 'enabling gives the whole period again');
  });

  test('requests keep a user active', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, clock } = identity;
    const policy = { login_policy: { account_validity_period: 1 } };
    await call(acme, 200, ['PUT', policyUrl(acme, 'login-policy'), policy]);
    const bob = await identity.addUser(acme, 'bob', []);
    clock.advance(23 * 60 * minuteMs);
    assert.equal(await statusOf(identity, bob), 200);
    clock.advance(23 * 60 * minuteMs);
    assert.equal((await logIn(identity, bob)).statusCode, 201);
  });

  test('wrong passwords lock as the login policy says', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, clock } = identity;
    const policy = { login_failed_times: 3, lockout_duration: 30, period_with_login_failures: 20 };
    await call(acme, 200, ['PUT', policyUrl(acme, 'login-policy'), { login_policy: policy }]);
    const bob = await identity.addUser(acme, 'bob', []);
    const guess = async () => (await logIn(identity, bob, 'Wrong-Password-1')).json().error.message as string;
    for (let attempt = 0; attempt < 2; attempt++) assert.doesNotMatch(await guess(), /Too many/);
    clock.advance(20 * minuteMs);
    for (let attempt = 0; attempt < 3; attempt++) assert.doesNotMatch(await guess(), /Too many/);
    assert.match(await guess(), /Too many/);
    clock.advance(30 * minuteMs - 1);
    assert.equal((await logIn(identity, bob)).statusCode, 401);
    clock.advance(1);
    assert.equal((await logIn(identity, bob)).statusCode, 201);
  });
});
