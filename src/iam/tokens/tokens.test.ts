import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  createTestIdentity,
  login,
  send,
  type TestIdentity,
  testStartMs,
} from '../../../test/support/identity.ts';
import { hashToken } from '../authentication/secrets.ts';
import { migrations } from '../index.ts';
import type { IamTables } from '../tables.ts';

const hour = 60 * 60_000;

interface TokenBody {
  readonly token: {
    readonly methods: string[];
    readonly expires_at: string;
    readonly issued_at: string;
    readonly user: {
      id: string;
      name: string;
      domain: { id: string; name: string };
      password_expires_at: string;
    };
    readonly project?: { id: string; name: string; domain: { id: string; name: string } };
    readonly domain?: { id: string; name: string };
    readonly roles?: { id: string; name: string }[];
    readonly catalog?: { name: string; endpoints: { url: string; region_id: string }[] }[];
  };
}

function byPassword(
  { acme }: TestIdentity,
  scope?: object,
  user: object = { name: 'root', domain: { name: 'acme' } },
) {
  const password = { user: { password: acme.password, ...user } };
  return { auth: { identity: { methods: ['password'], password }, ...(scope ? { scope } : {}) } };
}

async function create(identity: TestIdentity, payload: object, url = '/v3/auth/tokens') {
  const response = await identity.app.inject({ method: 'POST', url, payload });
  assert.equal(response.statusCode, 201, response.body);
  return { token: String(response.headers['x-subject-token']), body: response.json() as TokenBody, response };
}

async function refusal(identity: TestIdentity, status: number, payload: object) {
  return send<{ error: { code: number; message: string; title: string } }>(identity.app, status, {}, [
    'POST',
    '/v3/auth/tokens',
    payload,
  ]);
}

describeOnEachDatabase('tokens', migrations, (open) => {
  test('a password gives a project token for 24 hours, described in the body', async () => {
    const identity = await createTestIdentity(await open());
    const { acme } = identity;
    const { token, body, response } = await create(
      identity,
      byPassword(identity, { project: { name: 'cn-north-4' } }),
    );
    assert.ok(token.length >= 64);
    assert.match(String(response.headers['x-request-id']), /^[0-9a-f]{32}$/);
    assert.equal(response.headers['x-iam-trace-id'], response.headers['x-request-id']);
    const domain = { id: acme.account.accountId, name: 'acme' };
    assert.equal(body.token.issued_at, '2025-11-28T09:30:00.000000Z');
    assert.equal(body.token.expires_at, '2025-11-29T09:30:00.000000Z');
    assert.deepEqual(body.token.methods, ['password']);
    assert.deepEqual(body.token.user, { id: acme.userId, name: 'root', domain, password_expires_at: '' });
    assert.deepEqual(body.token.project, { id: acme.account.projectId, name: 'cn-north-4', domain });
    assert.equal(body.token.domain, undefined);
    assert.deepEqual(
      body.token.roles?.map((role) => role.name),
      ['te_admin', 'secu_admin'],
    );
    const kms = body.token.catalog?.find((service) => service.name === 'kms')?.endpoints[0];
    assert.equal(kms?.url, `https://openccm.test/v1.0/${acme.account.projectId}`);
    assert.equal(kms?.region_id, 'cn-north-4');
    assert.equal(body.token.catalog?.[0]?.endpoints[0]?.region_id, '*');

    identity.clock.advance(24 * hour - 1);
    await send(identity.app, 200, { 'x-auth-token': token }, ['GET', '/v3/auth/domains']);
    identity.clock.advance(1);
    await send(identity.app, 401, { 'x-auth-token': token }, ['GET', '/v3/auth/domains']);
  });

  test('a token is valid for exactly 24 hours, however long its issuing takes', async (context) => {
    const identity = await createTestIdentity(await open());
    let nowMs = identity.clock.nowMs();
    context.mock.method(identity.clock, 'nowMs', () => (nowMs += 700));
    const { body } = await create(identity, byPassword(identity, { project: { name: 'cn-north-4' } }));
    assert.equal(Date.parse(body.token.expires_at) - Date.parse(body.token.issued_at), 86_400_000);
  });

  test('every way that clients name user and scope', async () => {
    const identity = await createTestIdentity(await open());
    const { account, userId } = identity.acme;
    const users = [
      { id: userId },
      { name: 'root', domain: { id: account.accountId } },
      { name: 'root', domain: { name: 'acme' } },
    ];
    for (const user of users) await create(identity, byPassword(identity, undefined, user));
    const { projectId, accountId } = account;
    for (const project of [
      { id: projectId },
      { name: 'cn-north-4' },
      { name: 'cn-north-4', domain: { id: accountId } },
      { name: 'cn-north-4', domain: { name: 'acme' } },
    ]) {
      const { body } = await create(identity, byPassword(identity, { project }));
      assert.equal(body.token.project?.id, projectId);
    }
    for (const domain of [{ id: accountId }, { name: 'acme' }]) {
      const { body } = await create(identity, byPassword(identity, { domain }));
      assert.deepEqual(body.token.domain, { id: accountId, name: 'acme' });
      assert.equal(body.token.project, undefined);
    }
    const { body: unscoped } = await create(identity, byPassword(identity));
    assert.equal(unscoped.token.project ?? unscoped.token.domain ?? unscoped.token.catalog, undefined);
    const { body: lean } = await create(
      identity,
      byPassword(identity, { domain: { name: 'acme' } }),
      '/v3/auth/tokens?nocatalog=1',
    );
    assert.equal(lean.token.catalog, undefined);
  });

  test('what is wrong is answered in the form of identity', async () => {
    const identity = await createTestIdentity(await open());
    const wrong = {
      error: { code: 401, message: 'The username or password is wrong.', title: 'Unauthorized' },
    };
    const user = { name: 'root', domain: { name: 'acme' } };
    for (const change of [{ password: 'x' }, { name: 'nobody' }, { domain: { name: 'nowhere' } }])
      assert.deepEqual(
        await refusal(identity, 401, byPassword(identity, undefined, { ...user, ...change })),
        wrong,
      );
    for (const user of [
      { name: 'root' },
      { id: 'x', name: 'root' },
      { name: 'root', domain: { id: 'a', name: 'b' } },
    ]) {
      const { error } = await refusal(identity, 400, byPassword(identity, undefined, user));
      assert.match(error.message, /^Request body is invalid\. auth\.identity\.password\.user/);
    }
    const scopes = { project: { name: 'cn-north-4' }, domain: { name: 'acme' } };
    await refusal(identity, 400, byPassword(identity, scopes));
    await refusal(identity, 403, byPassword(identity, { project: { name: 'elsewhere' } }));
    await refusal(
      identity,
      403,
      byPassword(identity, { project: { id: identity.globex.account.projectId } }),
    );
    await refusal(identity, 403, byPassword(identity, { domain: { name: 'globex' } }));
    await refusal(identity, 400, { auth: { identity: { methods: ['totp'] } } });
    await refusal(identity, 400, { auth: { identity: { methods: ['token'] } } });
    await refusal(identity, 400, {});
  });

  test('only hashes are stored', async () => {
    const database = await open();
    const identity = await createTestIdentity(database);
    const { acme } = identity;
    const tables = database.tables<IamTables>();
    const sessions = await tables.selectFrom('sessions').selectAll().execute();
    assert.ok(sessions.some((session) => session.token_hash === hashToken(acme.token)));
    const users = await tables.selectFrom('users').selectAll().execute();
    const keys = await tables.selectFrom('access_keys').selectAll().execute();
    const audit = await tables.selectFrom('audit_records').selectAll().execute();
    const everything =
      JSON.stringify({ sessions, users, audit }) +
      keys.map((key) => Buffer.from(key.wrapped_secret).toString('latin1')).join();
    for (const secret of [acme.token, acme.password, acme.account.secretKey])
      assert.equal(everything.includes(secret), false);
  });

  test('GET validates, HEAD checks, DELETE revokes', async () => {
    const identity = await createTestIdentity(await open());
    const { app, acme, globex } = identity;
    const bob = await identity.addUser(acme, 'bob', ['PCA FullAccess']);
    const headers = { 'x-auth-token': acme.token, 'x-subject-token': bob.token };
    const response = await app.inject({ method: 'GET', url: '/v3/auth/tokens', headers });
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers['x-subject-token'], bob.token);
    const body = response.json() as TokenBody;
    assert.equal(body.token.user.name, 'bob');
    assert.deepEqual(
      body.token.roles?.map((role) => role.name),
      ['system_all_pca_0'],
    );
    assert.ok(body.token.catalog);
    await send(app, 200, headers, ['HEAD', '/v3/auth/tokens']);

    const foreign = await send<object>(app, 404, { ...headers, 'x-auth-token': globex.token }, [
      'GET',
      '/v3/auth/tokens',
    ]);
    assert.deepEqual(foreign, { error: { code: 404, message: 'Could not find token.', title: 'Not Found' } });
    await send(app, 404, { ...headers, 'x-subject-token': 'x'.repeat(64) }, ['HEAD', '/v3/auth/tokens']);
    await send(app, 400, { 'x-auth-token': acme.token }, ['GET', '/v3/auth/tokens']);
    await send(app, 404, { ...headers, 'x-auth-token': globex.token }, ['DELETE', '/v3/auth/tokens']);

    await send(app, 204, headers, ['DELETE', '/v3/auth/tokens']);
    await send(app, 404, headers, ['GET', '/v3/auth/tokens']);
    await identity.call(bob, 401, ['GET', '/v3/auth/domains']);
  });

  test('a token becomes one of another scope, which ends no later', async () => {
    const identity = await createTestIdentity(await open());
    const { token } = await create(identity, byPassword(identity));
    identity.clock.advance(hour);
    const payload = {
      auth: {
        identity: { methods: ['token'], token: { id: token } },
        scope: { project: { name: 'cn-north-4' } },
      },
    };
    const { body, token: scoped } = await create(identity, payload);
    assert.deepEqual(body.token.methods, ['token', 'password']);
    assert.equal(body.token.project?.id, identity.acme.account.projectId);
    assert.equal(Date.parse(body.token.expires_at), testStartMs + 24 * hour);
    await send(identity.app, 200, { 'x-auth-token': scoped }, ['GET', '/v3/auth/domains']);
    await refusal(identity, 401, { auth: { identity: { methods: ['token'], token: { id: 'x' } } } });
  });

  test('tokens end with the password, the user and the account', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, globex, call } = identity;
    const users = ['u1', 'u2', 'u3', 'u4'] as const;
    const [own, reset, disabled, deleted] = await Promise.all(
      users.map((name) => identity.addUser(acme, name, [])),
    );
    assert.ok(own && reset && disabled && deleted);
    const change = { user: { password: 'Other-Password-2', original_password: own.password } };
    await call(own, 204, ['POST', `/v3/users/${own.userId}/password`, change]);
    await call(acme, 200, ['PATCH', `/v3/users/${reset.userId}`, { user: { password: 'Other-Password-3' } }]);
    await call(acme, 200, ['PUT', `/v3.0/OS-USER/users/${disabled.userId}`, { user: { enabled: false } }]);
    await call(acme, 204, ['DELETE', `/v3/users/${deleted.userId}`]);
    for (const user of [own, reset, disabled, deleted]) await call(user, 401, ['GET', '/v3/auth/domains']);
    await login(identity.app, { ...own, password: 'Other-Password-2' });

    await call(globex, 200, ['GET', '/v3/auth/domains']);
    await call(acme, 200, ['PATCH', `/v1/accounts/${globex.account.accountId}`, { enabled: false }]);
    await call(globex, 401, ['GET', '/v3/auth/domains']);
    // Enabled again, a disabled user's old tokens stay void.
    await call(acme, 200, ['PUT', `/v3.0/OS-USER/users/${disabled.userId}`, { user: { enabled: true } }]);
    await call(disabled, 401, ['GET', '/v3/auth/domains']);
    await login(identity.app, disabled);
  });

  test('parallel guesses of one name from one source have five tries together', async () => {
    const identity = await createTestIdentity(await open());
    const guess = byPassword(identity, undefined, {
      name: 'root',
      password: 'wrong',
      domain: { name: 'acme' },
    });
    await Promise.all(Array.from({ length: 45 }, () => refusal(identity, 401, guess)));
    await refusal(identity, 401, byPassword(identity));
    const elsewhere = { remoteAddress: '192.0.2.7', url: '/v3/auth/tokens', payload: byPassword(identity) };
    assert.equal((await identity.app.inject({ method: 'POST', ...elsewhere })).statusCode, 201);
    const { records } = await identity.call<{ records: object[] }>(identity.acme, 200, [
      'GET',
      '/v1/audit/records?action=iam:tokens:create&result=refused',
    ]);
    assert.equal(records.length, 5);
  });

  test('five wrong passwords in a row lock the name for a quarter of an hour, whether it exists or not', async () => {
    const identity = await createTestIdentity(await open());
    const guess = (name: string, password: string) =>
      byPassword(identity, undefined, { name, password, domain: { name: 'acme' } });
    for (const name of ['root', 'nobody']) {
      const messages: string[] = [];
      for (let attempt = 0; attempt < 6; attempt++)
        messages.push((await refusal(identity, 401, guess(name, 'wrong'))).error.message);
      assert.equal(new Set(messages.slice(0, 5)).size, 1);
      assert.match(messages[5] ?? '', /Too many failures in a row/);
    }
    identity.clock.advance(15 * 60_000 - 1);
    await refusal(identity, 401, byPassword(identity));
    identity.clock.advance(1);
    await create(identity, byPassword(identity));
    const { records } = await identity.call<{ records: { detail: string; principal: { name: string } }[] }>(
      identity.acme,
      200,
      ['GET', '/v1/audit/records?action=iam:tokens:create&result=refused'],
    );
    assert.equal(records.length, 5);
    assert.match(records[0]?.detail ?? '', /locked/);
  });

  test('a right password between wrong ones starts the count again', async () => {
    const identity = await createTestIdentity(await open());
    for (let round = 0; round < 3; round++) {
      for (let attempt = 0; attempt < 4; attempt++)
        await refusal(
          identity,
          401,
          byPassword(identity, undefined, { name: 'root', password: 'x', domain: { name: 'acme' } }),
        );
      await create(identity, byPassword(identity));
    }
  });

  test('expired sessions are removed on request', async () => {
    const database = await open();
    const identity = await createTestIdentity(database);
    assert.equal(await identity.iam.removeExpiredSessions(), 0);
    identity.clock.advance(24 * hour);
    assert.equal(await identity.iam.removeExpiredSessions(), 2);
    assert.deepEqual(await database.tables<IamTables>().selectFrom('sessions').selectAll().execute(), []);
  });
});
