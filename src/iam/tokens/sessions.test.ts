import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  createTestIdentity,
  login,
  send,
  type TestIdentity,
  type TestUser,
} from '../../../test/support/identity.ts';
import { migrations } from '../index.ts';

interface Session {
  readonly id: string;
  readonly kind: string;
  readonly methods: readonly string[];
  readonly derived_from: string;
  readonly agency_id: string;
  readonly domain_id: string;
  readonly source_ip: string;
}

const urlOf = ({ userId }: TestUser) => `/v3.0/OS-USER/users/${userId}/sessions`;

async function sessionsOf({ call }: TestIdentity, user: TestUser, by = user): Promise<readonly Session[]> {
  return (await call<{ sessions: Session[] }>(by, 200, ['GET', urlOf(user)])).sessions;
}

async function expectAlive({ app }: TestIdentity, token: string, isAlive: boolean): Promise<void> {
  await send(app, isAlive ? 200 : 401, { 'x-auth-token': token }, ['GET', '/v3/auth/domains']);
}

/** A user of acme with a login, a temporary key of it and an agency of globex. */
async function loggedIn(identity: TestIdentity): Promise<TestUser> {
  const { acme, globex, app, call } = identity;
  const agency = { name: 'operations', trust_domain_name: 'acme' };
  await call(globex, 201, ['POST', '/v3.0/OS-AGENCY/agencies', { agency }]);
  const bob = await identity.addUser(acme, 'bob', ['Agent Operator']);
  const byToken = { identity: { methods: ['token'], token: { id: bob.token } } };
  await send(app, 201, {}, ['POST', '/v3.0/OS-CREDENTIAL/securitytokens', { auth: byToken }]);
  const assume_role = { domain_name: 'globex', agency_name: 'operations' };
  const assumption = { auth: { identity: { methods: ['assume_role'], assume_role } } };
  await call(bob, 201, ['POST', '/v3/auth/tokens', assumption]);
  return bob;
}

describeOnEachDatabase('sessions of a user', migrations, (open) => {
  test('users see what they are logged in with, and no secrets', async () => {
    const identity = await createTestIdentity(await open());
    const bob = await loggedIn(identity);
    const second = await login(identity.app, bob);
    const sessions = await sessionsOf(identity, bob);
    assert.equal(sessions.length, 4);
    const first = sessions.find(
      ({ kind, derived_from: parent, methods }) =>
        kind === 'token' && parent === '' && methods[0] === 'password',
    );
    assert.ok(first);
    const key = sessions.find(({ kind }) => kind === 'temporary_key');
    assert.deepEqual(key?.methods, ['token', 'password']);
    const assumed = sessions.find(({ agency_id }) => agency_id !== '');
    assert.equal(assumed?.domain_id, identity.globex.account.accountId);
    assert.equal(assumed?.derived_from, key?.derived_from);
    assert.ok(sessions.every(({ source_ip }) => source_ip === '127.0.0.1'));
    const text = JSON.stringify(sessions);
    for (const token of [bob.token, second]) assert.ok(!text.includes(token));
    // The id is no credential.
    for (const { id } of sessions) await expectAlive(identity, id, false);
    identity.clock.advance(25 * 60 * 60_000);
    const later = { ...bob, token: await login(identity.app, bob) };
    assert.equal((await sessionsOf(identity, later)).length, 1);
  });

  test('one session is ended with what was derived from it, or all are', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const bob = await loggedIn(identity);
    const first = (await sessionsOf(identity, bob)).find(({ derived_from: parent }) => parent === '')!;
    const second = { ...bob, token: await login(identity.app, bob) };
    await call(second, 204, ['DELETE', `${urlOf(bob)}/${first.id}`]);
    await expectAlive(identity, bob.token, false);
    assert.equal((await sessionsOf(identity, second)).length, 1);
    await call(second, 404, ['DELETE', `${urlOf(bob)}/${first.id}`]);

    const root = await identity.call<{ sessions: Session[] }>(acme, 200, ['GET', urlOf(acme)]);
    await call(second, 404, ['DELETE', `${urlOf(bob)}/${root.sessions[0]!.id}`]);
    await call(acme, 204, ['DELETE', urlOf(bob)]);
    await expectAlive(identity, second.token, false);
    assert.deepEqual(await sessionsOf(identity, bob, acme), []);
    const { records } = await call<{ records: { action: string; detail: string }[] }>(acme, 200, [
      'GET',
      '/v1/audit/records?action=iam:users:endSession',
    ]);
    assert.deepEqual(records[0]?.detail, 'all sessions');
  });

  test("others need a permission, and nobody ends the root user's", async () => {
    const identity = await createTestIdentity(await open());
    const { acme, globex, call } = identity;
    const bob = await identity.addUser(acme, 'bob', []);
    const eve = await identity.addUser(acme, 'eve', []);
    const administrator = await identity.addUser(acme, 'administrator', ['Security Administrator']);
    await call(eve, 403, ['GET', urlOf(bob)]);
    await call(eve, 403, ['DELETE', urlOf(bob)]);
    await call(globex, 404, ['GET', urlOf(bob)]);
    await call(globex, 404, ['DELETE', urlOf(bob)]);
    await call(administrator, 200, ['GET', urlOf(bob)]);
    await call(administrator, 403, ['DELETE', urlOf(acme)]);
    await expectAlive(identity, acme.token, true);
    await call(administrator, 204, ['DELETE', urlOf(bob)]);
    await expectAlive(identity, bob.token, false);
  });
});
