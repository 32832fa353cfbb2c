import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  createTestIdentity,
  inPerson,
  login,
  send,
  type TestIdentity,
  type TestRequest,
  type TestUser,
} from '../../../test/support/identity.ts';
import { signedHeaders } from '../../../test/support/sign-request.ts';
import { migrations } from '../index.ts';

const keysUrl = '/v3.0/OS-CREDENTIAL/credentials';
const temporaryUrl = '/v3.0/OS-CREDENTIAL/securitytokens';

async function set(identity: TestIdentity, user: TestUser, fields: object): Promise<void> {
  await identity.call(identity.acme, 200, ['PUT', `/v3.0/OS-USER/users/${user.userId}`, { user: fields }]);
}

async function passwordLogin({ app }: TestIdentity, user: TestUser) {
  const password = { user: { id: user.userId, password: user.password } };
  const payload = { auth: { identity: { methods: ['password'], password } } };
  const response = await app.inject({ method: 'POST', url: '/v3/auth/tokens', payload });
  return { status: response.statusCode, text: response.body };
}

function exchange(token: string): object {
  return { auth: { identity: { methods: ['token'], token: { id: token } } } };
}

describeOnEachDatabase('access modes and passwords that others chose', migrations, (open) => {
  test('programmatic: no password opens a session, access keys work', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, app, call, clock } = identity;
    const bob = await identity.addUser(acme, 'bob', []);
    await send(app, 200, { 'x-auth-token': bob.token }, ['GET', '/v3/auth/domains']);
    await set(identity, bob, { access_mode: 'programmatic' });
    await send(app, 401, { 'x-auth-token': bob.token }, ['GET', '/v3/auth/domains']);
    const answer = await passwordLogin(identity, bob);
    assert.equal(answer.status, 401);
    assert.deepEqual(await passwordLogin(identity, { ...bob, password: 'Wrong-Horse-1' }), answer);
    const { records } = await call<{ records: { detail: string }[] }>(acme, 200, [
      'GET',
      '/v1/audit/records?result=refused&action=iam:tokens:create',
    ]);
    assert.match(records[0]!.detail, /access_mode of the user is programmatic/);

    const { credential } = await call<{ credential: { access: string; secret: string } }>(acme, 201, [
      'POST',
      keysUrl,
      { credential: { user_id: bob.userId } },
    ]);
    const key = { accessKey: credential.access, secretKey: credential.secret };
    const signed = () =>
      signedHeaders(key, {
        method: 'GET',
        host: 'openccm.test',
        path: '/v3/auth/domains',
        atMs: clock.nowMs(),
      });
    await send(app, 200, signed(), ['GET', '/v3/auth/domains']);

    await set(identity, bob, { access_mode: 'console' });
    await send(app, 403, signed(), ['GET', '/v3/auth/domains']);
    await set(identity, bob, { access_mode: 'default' });
    await send(app, 200, signed(), ['GET', '/v3/auth/domains']);
  });

  test('console: passwords work, no access key is made', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, app, call } = identity;
    const bob = await identity.addUser(acme, 'bob', []);
    await set(identity, bob, { access_mode: 'console' });
    const token = await login(app, bob, { domain: { name: 'acme' } });
    await send(app, 403, { 'x-auth-token': token }, [
      'POST',
      keysUrl,
      { credential: { user_id: bob.userId } },
    ]);
    await call(acme, 403, ['POST', keysUrl, { credential: { user_id: bob.userId } }]);
    await send(app, 403, {}, ['POST', temporaryUrl, exchange(token)]);
  });

  test('the root user keeps every way in', async () => {
    const identity = await createTestIdentity(await open());
    const root = await inPerson(identity, identity.acme);
    for (const access_mode of ['programmatic', 'console'])
      await identity.call(root, 403, [
        'PUT',
        `/v3.0/OS-USER/users/${root.userId}`,
        { user: { access_mode } },
      ]);
  });

  test('a password that somebody else chose serves to choose another one only', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, app, call } = identity;
    const bob = await identity.addUser(acme, 'bob', ['FullAccess']);
    await set(identity, bob, { pwd_status: true });
    const token = await login(app, bob, { domain: { name: 'acme' } });
    const headers = { 'x-auth-token': token };
    const assumption = { methods: ['assume_role'], assume_role: { domain_name: 'globex', agency_name: 'a' } };
    const refused: TestRequest[] = [
      ['GET', '/v3/users'],
      ['POST', keysUrl, { credential: { user_id: bob.userId } }],
      ['PUT', `/v3.0/OS-USER/users/${bob.userId}`, { user: { pwd_status: false } }],
      ['POST', '/v3/auth/tokens', exchange(token)],
      ['POST', '/v3/auth/tokens', { auth: { identity: assumption } }],
      ['POST', '/v3/auth/tokens?nocatalog=1', { auth: { identity: assumption } }],
      ['POST', temporaryUrl, exchange(token)],
      ['POST', `/v3/users/${acme.userId}/password`, { user: { original_password: 'x', password: 'y' } }],
    ];
    for (const request of refused) {
      const { error } = await send<{ error: { message: string } }>(app, 403, headers, request);
      assert.match(error.message, /password must be changed first/, JSON.stringify(request));
    }
    const { records } = await call<{ records: object[] }>(acme, 200, [
      'GET',
      `/v1/audit/records?result=refused&principal_id=${bob.userId}`,
    ]);
    assert.equal(records.length, refused.length);

    await send(app, 200, { ...headers, 'x-subject-token': token }, ['GET', '/v3/auth/tokens']);
    const change = { user: { original_password: bob.password, password: 'Other-Horse-2' } };
    await send(app, 204, headers, ['POST', `/v3/users/${bob.userId}/password`, change]);
    const free = await login(app, { ...bob, password: 'Other-Horse-2' });
    await send(app, 200, { 'x-auth-token': free }, ['GET', '/v3/users']);
  });
});
