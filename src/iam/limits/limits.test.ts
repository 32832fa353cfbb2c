import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { createTestIdentity, login, send, type TestIdentity } from '../../../test/support/identity.ts';
import { migrations } from '../index.ts';

interface Limits {
  readonly limits: readonly { readonly kind: string; readonly limit: number; readonly used: number }[];
}

const limitOf = (answer: Limits, kind: string) => answer.limits.find((each) => each.kind === kind);

function setLimit({ acme, globex, call }: TestIdentity, kind: string, limit: number | null) {
  const path = `/v1/accounts/${globex.account.accountId}/limits`;
  return call<Limits>(acme, 200, ['PUT', path, { limits: [{ kind, limit }] }]);
}

describeOnEachDatabase('limits of accounts', migrations, (open) => {
  test('hold for requests at the same time, and for the account alone', async () => {
    const identity = await createTestIdentity(await open());
    const { app, globex, acme, call } = identity;
    await setLimit(identity, 'iam.groups', 3);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        app.inject({
          method: 'POST',
          url: '/v3/groups',
          headers: { 'x-auth-token': globex.token },
          payload: { group: { name: `g${index}` } },
        }),
      ),
    );
    assert.deepEqual(
      answers.map(({ statusCode }) => statusCode).sort(),
      [201, 201, 201, 409, 409, 409, 409, 409],
    );
    const refused = answers.find(({ statusCode }) => statusCode === 409);
    assert.match(
      refused?.body ?? '',
      /An account has at most 3 user groups \(limit iam\.groups; used: 3\)\. Remove some, or ask the operator/,
    );
    assert.deepEqual(limitOf(await call<Limits>(globex, 200, ['GET', '/v1/limits']), 'iam.groups'), {
      kind: 'iam.groups',
      description: 'user groups',
      per: 'account',
      limit: 3,
      used: 3,
    });
    await call(acme, 201, ['POST', '/v3/groups', { group: { name: 'theirs' } }]);
  });

  test('are set by the operator and by nobody else, and go back to the standard', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, globex, call } = identity;
    const path = `/v1/accounts/${globex.account.accountId}/limits`;
    const standard = limitOf(await call<Limits>(acme, 200, ['GET', path]), 'iam.policies');
    assert.equal(standard?.limit, 200);
    assert.equal(limitOf(await setLimit(identity, 'iam.policies', 1), 'iam.policies')?.limit, 1);
    assert.equal(limitOf(await setLimit(identity, 'iam.policies', null), 'iam.policies')?.limit, 200);
    const admin = await identity.addUser(acme, 'admin', ['FullAccess', 'Security Administrator']);
    const body = { limits: [{ kind: 'iam.policies', limit: 1_000 }] };
    for (const user of [globex, admin]) {
      await call(user, 403, ['PUT', path, body]);
      await call(user, 403, ['GET', path]);
    }
    await call(acme, 400, ['PUT', path, { limits: [{ kind: 'iam.nothing', limit: 1 }] }]);
    await call(acme, 400, ['PUT', path, { limits: [{ kind: 'iam.policies', limit: -1 }] }]);
    await call(acme, 404, ['PUT', '/v1/accounts/nobody/limits', body]);
    assert.equal(limitOf(await call<Limits>(acme, 200, ['GET', path]), 'iam.policies')?.limit, 200);
    const plain = await identity.addUser(globex, 'plain', []);
    await call(plain, 403, ['GET', '/v1/limits']);
  });

  test('count each owner by itself where they are not for the account', async () => {
    const identity = await createTestIdentity(await open());
    const { globex, call } = identity;
    await setLimit(identity, 'iam.groups_of_user', 1);
    const users = [await identity.addUser(globex, 'a', []), await identity.addUser(globex, 'b', [])];
    const { group } = await call<{ group: { id: string } }>(globex, 201, [
      'POST',
      '/v3/groups',
      { group: { name: 'second' } },
    ]);
    for (const { userId } of users) {
      const member = `/v3/groups/${group.id}/users/${userId}`;
      await call(globex, 409, ['PUT', member]);
    }
    const own = (
      await call<{ groups: { id: string }[] }>(globex, 200, ['GET', `/v3/users/${users[0]?.userId}/groups`])
    ).groups[0]!.id;
    await call(globex, 204, ['PUT', `/v3/groups/${own}/users/${users[0]?.userId}`]);
    assert.equal(
      limitOf(await call<Limits>(globex, 200, ['GET', '/v1/limits']), 'iam.groups_of_user')?.used,
      1,
    );
  });

  test('of sessions end the oldest of the same user, never what the new one comes from', async () => {
    const identity = await createTestIdentity(await open());
    const { app, clock, globex, call } = identity;
    const user = await identity.addUser(globex, 'script', []);
    const other = await identity.addUser(globex, 'other', []);
    await setLimit(identity, 'iam.sessions', 5);
    const tokens = [user.token];
    for (let index = 0; index < 30; index++) {
      clock.advance(2_000);
      tokens.push(await login(app, user));
    }
    const isAlive = async (token: string) =>
      (await app.inject({ method: 'GET', url: '/v3/auth/domains', headers: { 'x-auth-token': token } }))
        .statusCode === 200;
    assert.equal(await isAlive(tokens[0]!), false);
    assert.equal(await isAlive(tokens.at(-1)!), true);
    assert.equal(await isAlive(other.token), true);
    const used = limitOf(await call<Limits>(globex, 200, ['GET', '/v1/limits']), 'iam.sessions')?.used ?? 99;
    assert.ok(used <= 5, String(used));
    // Keys that come from one token: it is the oldest of all by then, and stays.
    const source = tokens.at(-1)!;
    for (let index = 0; index < 12; index++) {
      clock.advance(2_000);
      await send(app, 201, { 'x-auth-token': source }, [
        'POST',
        '/v3.0/OS-CREDENTIAL/securitytokens',
        { auth: { identity: { methods: ['token'], token: { duration_seconds: 900 } } } },
      ]);
    }
    assert.equal(await isAlive(source), true);
  });
});
