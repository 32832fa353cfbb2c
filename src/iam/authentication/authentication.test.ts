import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { createTestIdentity, type TestIdentity } from '../../../test/support/identity.ts';
import { type AccessDenied, ServiceError } from '../../platform/errors.ts';
import { registerApi } from '../../platform/http/index.ts';
import { silentLog } from '../../platform/log.ts';
import { type Iam, migrations, type TokenFault } from '../index.ts';
import { computeSignature, hexDigest } from '../request-signature/algorithms.ts';
import { canonicalRequestHead, type WireRequest } from '../request-signature/canonical-request.ts';

const minute = 60_000;
const wrongSignature = 'Incorrect IAM authentication information: verify aksk signature fail';

/** A service that tells who asks, with answers of its own to a token's faults. */
async function registerEcho(app: FastifyInstance, iam: Iam): Promise<void> {
  const fault = (name: TokenFault) =>
    new ServiceError('pca', { status: 401, code: 'PCA.00010001', message: name });
  const options = {
    dialect: 'pca' as const,
    authenticate: iam.authenticate(fault),
    accessDenied: (denial: AccessDenied) =>
      new ServiceError('pca', { status: 401, code: 'PCA.00010004', message: denial.message }),
    unknownError: { status: 500, code: 'PCA.00000001', message: 'Internal' },
    invalid: () => new ServiceError('pca', { status: 400, code: 'PCA.00020001', message: 'Invalid' }),
    log: silentLog,
  };
  await registerApi(app, options, (api) => {
    for (const method of ['GET', 'POST', 'DELETE'] as const)
      api.route({ method, url: '/echo/*', handler: async (request) => request.actor });
  });
}

interface Key {
  readonly accessKey: string;
  readonly secretKey: string;
}

interface SignOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly url?: string;
  readonly body?: string;
  /** Set before signing, so signed. */
  readonly signed?: Record<string, string>;
  /** Added after signing. */
  readonly unsigned?: Record<string, string>;
  readonly atMs?: number;
}

function signedRequest(identity: TestIdentity, key: Key, options: SignOptions = {}) {
  const { method = 'GET', url = '/echo/x', body = '', signed = {}, unsigned = {} } = options;
  const date = new Date(options.atMs ?? identity.clock.nowMs()).toISOString().replace(/[-:]|\.\d+/g, '');
  const headers: Record<string, string> = { host: 'openccm.test', 'x-sdk-date': date, ...signed };
  const request: WireRequest = { method, rawUrl: url, headers, body: Buffer.from(body) };
  const signedHeaders = Object.keys(headers).sort();
  const payloadHash = signed['x-sdk-content-sha256'] ?? hexDigest('SDK-HMAC-SHA256', body);
  const hash = hexDigest(
    'SDK-HMAC-SHA256',
    `${canonicalRequestHead(request, signedHeaders)}\n${payloadHash}`,
  );
  const signature = computeSignature('SDK-HMAC-SHA256', key.secretKey, key.accessKey, date, undefined, hash);
  const authorization = `SDK-HMAC-SHA256 Access=${key.accessKey}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature.toString('hex')}`;
  return {
    method,
    url,
    headers: { ...headers, ...unsigned, authorization },
    ...(body === '' ? {} : { payload: body }),
  };
}

async function ask(identity: TestIdentity, key: Key, options?: SignOptions) {
  const response = await identity.app.inject(signedRequest(identity, key, options));
  return {
    status: response.statusCode,
    body: response.json() as Record<string, string | null | boolean>,
    response,
  };
}

async function refusedWith(
  identity: TestIdentity,
  key: Key,
  message: string,
  options?: SignOptions,
): Promise<void> {
  const { status, body, response } = await ask(identity, key, options);
  assert.equal(status, 401);
  assert.deepEqual(body, {
    error_code: 'APIGW.0301',
    error_msg: message,
    request_id: response.headers['x-request-id'],
  });
}

describeOnEachDatabase('authentication by signature', migrations, (open) => {
  test("a signed request acts for the key's user and account", async () => {
    const identity = await createTestIdentity(await open(), registerEcho);
    const { account, userId } = identity.acme;
    const { status, body } = await ask(identity, account);
    assert.equal(status, 200);
    assert.deepEqual(
      {
        kind: body.kind,
        accountId: body.accountId,
        principalId: body.principalId,
        isRoot: body.isRoot,
        key: body.accessKeyId,
      },
      {
        kind: 'user',
        accountId: account.accountId,
        principalId: userId,
        isRoot: true,
        key: account.accessKey,
      },
    );
    assert.equal(body.projectId, undefined);
    for (const options of [
      { url: '/echo/a%20b%2Fc/%E6%B5%8B?b=%2B&a=1&a=' },
      { method: 'POST', body: '{"name":"测试"}\n' },
      { method: 'DELETE', body: '{"reason":"x"}' },
      {
        method: 'POST',
        body: 'hello',
        signed: { 'content-type': 'text/plain', 'x-sdk-content-sha256': 'UNSIGNED-PAYLOAD' },
      },
      { signed: { accept: 'application/json' }, unsigned: { 'x-extra': '1' } },
    ] satisfies SignOptions[])
      assert.equal((await ask(identity, account, options)).status, 200, JSON.stringify(options));
  });

  test('what was changed after signing is refused', async () => {
    const identity = await createTestIdentity(await open(), registerEcho);
    const request = signedRequest(identity, identity.acme.account, { method: 'POST', body: '{"a":1}' });
    for (const change of [
      { payload: '{"a":2}' },
      { url: '/echo/y' },
      { url: '/echo/x?z=1' },
      { headers: { ...request.headers, host: 'other.test' } },
      {
        headers: { ...request.headers, 'x-sdk-content-sha256': hexDigest('SDK-HMAC-SHA256', '{"a":2}') },
        payload: '{"a":2}',
      },
    ]) {
      const response = await identity.app.inject({ ...request, ...change });
      assert.equal(response.statusCode, 401, JSON.stringify(change));
      identity.clock.advance(1);
      assert.equal((await identity.app.inject(request)).statusCode, 200);
    }
  });

  test('the clock may differ by 15 minutes', async () => {
    const identity = await createTestIdentity(await open(), registerEcho);
    const key = identity.acme.account;
    const now = identity.clock.nowMs();
    for (const skew of [-15, 15])
      assert.equal((await ask(identity, key, { atMs: now + skew * minute })).status, 200);
    for (const skew of [-16, 16])
      await refusedWith(identity, key, wrongSignature, { atMs: now + skew * minute });
  });

  test("unknown algorithms and keys are refused with the gateway's words", async () => {
    const identity = await createTestIdentity(await open(), registerEcho);
    const key = { accessKey: 'AKUNKNOWN', secretKey: 's' };
    await refusedWith(
      identity,
      key,
      'Incorrect IAM authentication information: Get secretKey failed,ak:AKUNKNOWN,err:ak not exist',
    );
    for (const authorization of [
      'Bearer x',
      'AWS4-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=00',
    ]) {
      const response = await identity.app.inject({ url: '/echo/x', headers: { authorization } });
      assert.equal(response.statusCode, 401);
      assert.equal(response.json<{ error_msg: string }>().error_msg, wrongSignature);
    }
  });

  test("domain and project may be named if they are the account's own", async () => {
    const identity = await createTestIdentity(await open(), registerEcho);
    const { acme, globex } = identity;
    const own = { 'x-domain-id': acme.account.accountId, 'x-project-id': acme.account.projectId };
    for (const options of [{ signed: own }, { unsigned: own }])
      assert.equal((await ask(identity, acme.account, options)).body.projectId, acme.account.projectId);
    for (const unsigned of [
      { 'x-domain-id': globex.account.accountId },
      { 'x-project-id': globex.account.projectId },
      { 'x-project-id': 'unknown' },
    ])
      await refusedWith(identity, acme.account, wrongSignature, { unsigned });
    const suspend = { project: { status: 'suspended' } };
    await identity.call(acme, 204, ['PUT', `/v3-ext/projects/${acme.account.projectId}`, suspend]);
    await refusedWith(identity, acme.account, wrongSignature, { unsigned: own });
  });

  test('wrong signatures lock nothing and are recorded once a minute, with their number', async () => {
    const identity = await createTestIdentity(await open(), registerEcho);
    const { account } = identity.acme;
    const wrong = { ...account, secretKey: 'wrong' };
    for (let attempt = 0; attempt < 20; attempt++) await refusedWith(identity, wrong, wrongSignature);
    assert.equal((await ask(identity, account)).status, 200);
    identity.clock.advance(minute);
    await identity.iam.removeExpiredSessions();
    const { records } = await identity.call<{ records: { detail: string }[] }>(identity.acme, 200, [
      'GET',
      `/v1/audit/records?resource_id=${account.accessKey}&result=refused`,
    ]);
    assert.deepEqual(
      records.map(({ detail }) => detail),
      ['The signature is wrong. 19 more times within a minute.', 'The signature is wrong.'],
    );
  });

  test('an inactive or deleted key, and one of a disabled user, does not exist', async () => {
    const identity = await createTestIdentity(await open(), registerEcho);
    const { acme, call } = identity;
    const bob = await identity.addUser(acme, 'bob', []);
    const url = '/v3.0/OS-CREDENTIAL/credentials';
    const { credential } = await call<{ credential: { access: string; secret: string } }>(acme, 201, [
      'POST',
      url,
      { credential: { user_id: bob.userId } },
    ]);
    const key = { accessKey: credential.access, secretKey: credential.secret };
    const gone = `Incorrect IAM authentication information: Get secretKey failed,ak:${key.accessKey},err:ak not exist`;
    assert.equal((await ask(identity, key)).body.principalName, 'bob');
    await call(acme, 200, ['PUT', `${url}/${key.accessKey}`, { credential: { status: 'inactive' } }]);
    await refusedWith(identity, key, gone);
    await call(acme, 200, ['PUT', `${url}/${key.accessKey}`, { credential: { status: 'active' } }]);
    assert.equal((await ask(identity, key)).status, 200);
    await call(acme, 200, ['PATCH', `/v3/users/${bob.userId}`, { user: { enabled: false } }]);
    await refusedWith(identity, key, gone);
    await call(acme, 200, ['PATCH', `/v3/users/${bob.userId}`, { user: { enabled: true } }]);
    await call(acme, 204, ['DELETE', `${url}/${key.accessKey}`]);
    await refusedWith(identity, key, gone);
  });

  test('temporary keys need their security token and end in time', async () => {
    const identity = await createTestIdentity(await open(), registerEcho);
    const { acme, app } = identity;
    const bob = await identity.addUser(acme, 'bob', []);
    const temporary = async (token: string, duration_seconds?: number) => {
      const auth = {
        identity: {
          methods: ['token'],
          token: { id: token, ...(duration_seconds ? { duration_seconds } : {}) },
        },
      };
      const response = await app.inject({
        method: 'POST',
        url: '/v3.0/OS-CREDENTIAL/securitytokens',
        payload: { auth },
      });
      return {
        status: response.statusCode,
        ...response.json<{
          credential: Record<'access' | 'secret' | 'securitytoken' | 'expires_at', string>;
        }>(),
      };
    };
    const { status, credential } = await temporary(bob.token, 21_600);
    assert.equal(status, 201);
    assert.equal(credential.expires_at, '2025-11-28T15:30:00.000000Z');
    const other = (await temporary(acme.token)).credential;
    assert.equal(other.expires_at, '2025-11-28T09:45:00.000000Z');
    const key = { accessKey: credential.access, secretKey: credential.secret };
    const security = { 'x-security-token': credential.securitytoken };
    for (const options of [{ signed: security }, { unsigned: security }]) {
      const { status: answer, body } = await ask(identity, key, options);
      assert.equal(answer, 200);
      assert.equal(body.principalName, 'bob');
      assert.equal(body.projectId, acme.account.projectId);
    }
    await refusedWith(identity, key, wrongSignature);
    await refusedWith(identity, key, wrongSignature, {
      unsigned: { 'x-security-token': other.securitytoken },
    });
    // The security token is none for X-Auth-Token.
    const asToken = await app.inject({
      url: '/echo/x',
      headers: { 'x-auth-token': credential.securitytoken },
    });
    assert.equal(asToken.statusCode, 401);

    assert.equal((await temporary(bob.token, 899)).status, 400);
    assert.equal((await temporary(bob.token, 86_401)).status, 400);
    assert.equal((await temporary('x')).status, 401);
    identity.clock.advance(21_600_000);
    const gone = `Incorrect IAM authentication information: Get secretKey failed,ak:${key.accessKey},err:ak not exist`;
    await refusedWith(identity, key, gone, { unsigned: security });
  });

  test('temporary keys stay in the project of their token and end with the user', async () => {
    const identity = await createTestIdentity(await open(), registerEcho);
    const { acme, call, app } = identity;
    const bob = await identity.addUser(acme, 'bob', []);
    const { project } = await call<{ project: { id: string } }>(acme, 201, [
      'POST',
      '/v3/projects',
      { project: { name: 'eu-west-101' } },
    ]);
    const payload = { auth: { identity: { methods: ['token'], token: {} } } };
    const answer = await app.inject({
      method: 'POST',
      url: '/v3.0/OS-CREDENTIAL/securitytokens',
      headers: { 'x-auth-token': bob.token },
      payload,
    });
    const { credential } = answer.json<{
      credential: Record<'access' | 'secret' | 'securitytoken', string>;
    }>();
    const key = { accessKey: credential.access, secretKey: credential.secret };
    const security = { 'x-security-token': credential.securitytoken };
    await refusedWith(identity, key, wrongSignature, {
      unsigned: { ...security, 'x-project-id': project.id },
    });
    assert.equal((await ask(identity, key, { unsigned: security })).status, 200);
    await call(acme, 200, ['PATCH', `/v3/users/${bob.userId}`, { user: { password: 'Another-Password-1' } }]);
    const gone = `Incorrect IAM authentication information: Get secretKey failed,ak:${key.accessKey},err:ak not exist`;
    await refusedWith(identity, key, gone, { unsigned: security });
  });

  test("each service gives its own answer to a token's faults", async () => {
    const identity = await createTestIdentity(await open(), registerEcho);
    const answer = async (headers: Record<string, string>) => {
      const response = await identity.app.inject({ url: '/echo/x', headers });
      return response.json<{ error_code: string; error_msg: string }>();
    };
    assert.deepEqual(await answer({}), { error_code: 'PCA.00010001', error_msg: 'missing' });
    assert.deepEqual(await answer({ 'x-auth-token': '' }), {
      error_code: 'PCA.00010001',
      error_msg: 'missing',
    });
    assert.deepEqual(await answer({ 'x-auth-token': 'x' }), {
      error_code: 'PCA.00010001',
      error_msg: 'invalid',
    });
    identity.clock.advance(24 * 60 * minute);
    assert.deepEqual(await answer({ 'x-auth-token': identity.acme.token }), {
      error_code: 'PCA.00010001',
      error_msg: 'expired',
    });
  });
});
