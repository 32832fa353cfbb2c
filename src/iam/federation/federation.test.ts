import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  actorOfToken,
  createTestIdentity,
  inPerson,
  send,
  type TestIdentity,
  type TestRequest,
} from '../../../test/support/identity.ts';
import { AccessDenied } from '../../platform/errors.ts';
import { migrations } from '../index.ts';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signing_key = JSON.stringify({ keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k' }] });
const oidc = { access_mode: 'program', idp_url: 'https://idp.test', client_id: 'openccm', signing_key };
const provider = '/v3/OS-FEDERATION/identity_providers/corp';
const mapping = '/v3/OS-FEDERATION/mappings/mapping_corp';
const oidcUrl = '/v3.0/OS-FEDERATION/identity-providers/corp/openid-connect-config';
const rules = [
  { local: [{ user: { name: '{0}' } }], remote: [{ type: 'email' }] },
  { local: [{ group: { name: 'issuers' } }], remote: [{ type: 'groups', any_one_of: ['pki'] }] },
];

function idToken(identity: TestIdentity, claims: object = {}): string {
  const seconds = identity.clock.nowMs() / 1000;
  const payload = {
    iss: 'https://idp.test',
    aud: 'openccm',
    sub: 's',
    iat: seconds,
    exp: seconds + 600,
    email: 'al@corp.test',
    groups: ['pki'],
    ...claims,
  };
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ alg: 'ES256', kid: 'k' })}.${encode(payload)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** In the order in which the Terraform provider does it. */
async function configure({ acme, call }: TestIdentity, sso_type = 'virtual_user_sso'): Promise<void> {
  const first = [{ local: [{ user: { name: 'FederationUser' } }], remote: [{ type: '__NAMEID__' }] }];
  await call(acme, 201, [
    'PUT',
    provider,
    { identity_provider: { sso_type, description: 'd', enabled: true } },
  ]);
  await call(acme, 201, ['PUT', mapping, { mapping: { rules: first } }]);
  await call(acme, 201, ['PUT', `${provider}/protocols/oidc`, { protocol: { mapping_id: 'mapping_corp' } }]);
  await call(acme, 201, ['POST', oidcUrl, { openid_connect_config: oidc }]);
  await call(acme, 200, ['PATCH', mapping, { mapping: { rules } }]);
}

async function loginWith(identity: TestIdentity, token: string, scope?: object, idp = 'corp') {
  const payload = { auth: { id_token: { id: token }, ...(scope ? { scope } : {}) } };
  const headers = { 'x-idp-id': idp };
  const response = await identity.app.inject({
    method: 'POST',
    url: '/v3.0/OS-AUTH/id-token/tokens',
    headers,
    payload,
  });
  return { status: response.statusCode, token: String(response.headers['x-subject-token']), response };
}

describeOnEachDatabase('federation', migrations, (open) => {
  test('an id token gives an unscoped token, that one a scoped one or temporary keys', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, iam, app } = identity;
    await configure(identity);
    const { group } = await call<{ group: { id: string } }>(acme, 201, [
      'POST',
      '/v3/groups',
      { group: { name: 'issuers' } },
    ]);
    const { roles } = await call<{ roles: { id: string }[] }>(acme, 200, [
      'GET',
      '/v3/roles?display_name=PCA%20FullAccess',
    ]);
    await call(acme, 204, [
      'PUT',
      `/v3/domains/${acme.account.accountId}/groups/${group.id}/roles/${roles[0]!.id}`,
    ]);

    const { status, token, response } = await loginWith(identity, idToken(identity));
    assert.equal(status, 201);
    const body = response.json<{
      token: { user: { name: string }; methods: string[]; project?: object; catalog?: object };
    }>();
    assert.deepEqual(
      [body.token.user.name, body.token.methods, body.token.project, body.token.catalog],
      ['al@corp.test', ['mapped'], undefined, undefined],
    );
    const actor = await actorOfToken(iam, token);
    assert.deepEqual(
      [actor.accountId, actor.principalId, actor.isRoot],
      [acme.account.accountId, 'corp:al@corp.test', false],
    );
    await iam.identity.authorize(actor, { action: 'pca:ca:create' });
    await assert.rejects(iam.identity.authorize(actor, { action: 'kms:cmk:create' }), AccessDenied);

    const rescope = {
      auth: {
        identity: { methods: ['token'], token: { id: token } },
        scope: { project: { name: 'cn-north-4' } },
      },
    };
    const scoped = await send<{ token: { project: { id: string }; roles: { name: string }[] } }>(
      app,
      201,
      {},
      ['POST', '/v3/auth/tokens', rescope],
    );
    assert.equal(scoped.token.project.id, acme.account.projectId);
    assert.deepEqual(
      scoped.token.roles.map((role) => role.name),
      ['system_all_pca_0'],
    );
    const keys = {
      auth: { identity: { methods: ['token'], token: { id: token, duration_seconds: 21_600 } } },
    };
    await send(app, 201, {}, ['POST', '/v3.0/OS-CREDENTIAL/securitytokens', keys]);
    const direct = await loginWith(identity, idToken(identity), { domain: { name: 'acme' } });
    assert.equal(direct.status, 201);

    // Who is in no group may nothing; who is nobody's user has no way in.
    const powerless = await loginWith(identity, idToken(identity, { groups: ['sales'] }));
    await assert.rejects(
      iam.identity.authorize(await actorOfToken(iam, powerless.token), { action: 'pca:ca:get' }),
      AccessDenied,
    );
    assert.equal(
      (await loginWith(identity, idToken(identity, { email: undefined, groups: [] }))).status,
      401,
    );
    assert.equal((await loginWith(identity, idToken(identity, { aud: 'other' }))).status, 401);
    assert.equal((await loginWith(identity, idToken(identity), undefined, 'unknown')).status, 401);
    await send(app, 400, {}, ['POST', '/v3.0/OS-AUTH/id-token/tokens', { auth: { id_token: { id: 'x' } } }]);
  });

  test("a provider may lead to the account's own users", async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, iam } = identity;
    await configure(identity, 'iam_user_sso');
    assert.equal((await loginWith(identity, idToken(identity))).status, 401);
    const { user } = await call<{ user: { id: string } }>(acme, 201, [
      'POST',
      '/v3.0/OS-USER/users',
      { user: { name: 'al', xuser_id: 'al@corp.test' } },
    ]);
    const { token } = await loginWith(identity, idToken(identity));
    const actor = await actorOfToken(iam, token);
    assert.deepEqual([actor.principalId, actor.principalName], [user.id, 'al']);
    await call(acme, 200, ['PUT', `/v3.0/OS-USER/users/${user.id}`, { user: { enabled: false } }]);
    assert.equal((await loginWith(identity, idToken(identity))).status, 401);
  });

  test('no identity leads to the root user, or to a user without one of its own', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    await configure(identity, 'iam_user_sso');
    await identity.addUser(acme, 'plain', ['FullAccess']);
    for (const email of ['', ' ', [''], ['', 'x'], {}, null, 'al\u0000', 'x'.repeat(300)])
      assert.equal(
        (await loginWith(identity, idToken(identity, { email }))).status,
        401,
        JSON.stringify(email),
      );

    await call(await inPerson(identity, acme), 200, [
      'PUT',
      `/v3.0/OS-USER/users/${acme.userId}`,
      { user: { xuser_id: 'al@corp.test' } },
    ]);
    assert.equal((await loginWith(identity, idToken(identity))).status, 401);
    const { records } = await call<{ records: { action: string; detail: string }[] }>(acme, 200, [
      'GET',
      '/v1/audit/records?result=refused&principal_id=corp',
    ]);
    assert.equal(records.length, 9);
    assert.equal(records[0]?.detail, 'the root user cannot log in through a provider');

    // Without a rule that names the user, the subject is not taken for one.
    const groupsOnly = [{ local: [{ group: { name: 'g' } }], remote: [{ type: '__NAMEID__' }] }];
    await call(acme, 200, ['PATCH', mapping, { mapping: { rules: groupsOnly } }]);
    await call(acme, 201, ['POST', '/v3.0/OS-USER/users', { user: { name: 'al', xuser_id: 's' } }]);
    assert.equal((await loginWith(identity, idToken(identity))).status, 401);
  });

  test('an external identity belongs to one user', async () => {
    const { acme, call } = await createTestIdentity(await open());
    const create = (name: string, xuser_id: string, status: number) =>
      call<{ user: { id: string; xuser_id: string } }>(acme, status, [
        'POST',
        '/v3.0/OS-USER/users',
        { user: { name, xuser_id } },
      ]);
    await create('al', 'al@corp.test', 201);
    await create('bo', 'al@corp.test', 409);
    await create('bo', ' al@corp.test', 400);
    await create('bo', ' ', 400);
    assert.equal((await create('bo', '', 201)).user.xuser_id, '');
    const { user } = await create('cy', '', 201);
    await call(acme, 409, ['PUT', `/v3.0/OS-USER/users/${user.id}`, { user: { xuser_id: 'al@corp.test' } }]);
  });

  test('tokens end with their provider', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, app } = identity;
    await configure(identity);
    const works = async (token: string, status: number) =>
      send(app, status, { 'x-auth-token': token }, ['GET', '/v3/auth/domains']);
    const { token } = await loginWith(identity, idToken(identity));
    await works(token, 200);
    await call(acme, 200, ['PATCH', provider, { identity_provider: { enabled: false } }]);
    await works(token, 401);
    assert.equal((await loginWith(identity, idToken(identity))).status, 401);
    await call(acme, 200, ['PATCH', provider, { identity_provider: { enabled: true } }]);
    await works(token, 401);
    const second = await loginWith(identity, idToken(identity));
    await works(second.token, 200);
    await call(acme, 204, ['DELETE', provider]);
    await works(second.token, 401);
  });

  test("tokens of the account's own users end with the provider that vouched for them", async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, app } = identity;
    await configure(identity, 'iam_user_sso');
    await call(acme, 201, [
      'POST',
      '/v3.0/OS-USER/users',
      { user: { name: 'al', xuser_id: 'al@corp.test' } },
    ]);
    const { token } = await loginWith(identity, idToken(identity));
    await send(app, 200, { 'x-auth-token': token }, ['GET', '/v3/auth/domains']);
    await call(acme, 200, ['PATCH', provider, { identity_provider: { enabled: false } }]);
    await send(app, 401, { 'x-auth-token': token }, ['GET', '/v3/auth/domains']);
  });

  test('tokens end with the keys, the rules and the identity that they came from', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, app } = identity;
    await configure(identity, 'iam_user_sso');
    const { user } = await call<{ user: { id: string } }>(acme, 201, [
      'POST',
      '/v3.0/OS-USER/users',
      { user: { name: 'al', xuser_id: 'al@corp.test' } },
    ]);
    const protocol = `${provider}/protocols/oidc`;
    const changes: TestRequest[] = [
      ['PUT', oidcUrl, { openid_connect_config: oidc }],
      ['PATCH', mapping, { mapping: { rules } }],
      ['PATCH', protocol, { protocol: { mapping_id: 'mapping_corp' } }],
      ['PUT', `/v3.0/OS-USER/users/${user.id}`, { user: { xuser_id: '' } }],
    ];
    for (const change of changes) {
      const { token } = await loginWith(identity, idToken(identity));
      await send(app, 200, { 'x-auth-token': token }, ['GET', '/v3/auth/domains']);
      await call(acme, 200, change);
      await send(app, 401, { 'x-auth-token': token }, ['GET', '/v3/auth/domains']);
    }
    await call(acme, 200, ['PUT', `/v3.0/OS-USER/users/${user.id}`, { user: { xuser_id: 'al@corp.test' } }]);
    const { token } = await loginWith(identity, idToken(identity));
    await call(acme, 204, ['DELETE', protocol]);
    await send(app, 401, { 'x-auth-token': token }, ['GET', '/v3/auth/domains']);
  });

  test('wrong id tokens are recorded, and counted where there are many', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call, clock, iam } = identity;
    await configure(identity);
    for (const token of ['a.b.c', idToken(identity, { aud: 'another' }), idToken(identity, { exp: 1 })])
      assert.equal((await loginWith(identity, token)).status, 401);
    clock.advance(61_000);
    await iam.removeExpiredSessions();
    const { records } = await call<{ records: { detail: string }[] }>(acme, 200, [
      'GET',
      '/v1/audit/records?result=refused&principal_id=corp',
    ]);
    assert.equal(records.length, 2);
    assert.match(records[0]!.detail, /2 more times within a minute/);
  });

  test('providers, mappings and protocols are managed, each account its own', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, globex, call } = identity;
    await configure(identity);
    const read = await call<{ openid_connect_config: object }>(acme, 200, ['GET', oidcUrl]);
    assert.deepEqual(read.openid_connect_config, {
      ...oidc,
      authorization_endpoint: '',
      scope: 'openid',
      response_type: 'id_token',
      response_mode: 'form_post',
    });
    await call(acme, 200, ['PUT', oidcUrl, { openid_connect_config: { ...oidc, client_id: 'other' } }]);
    assert.equal((await loginWith(identity, idToken(identity))).status, 401);
    await call(acme, 409, ['POST', oidcUrl, { openid_connect_config: oidc }]);
    await call(acme, 400, ['PUT', oidcUrl, { openid_connect_config: { ...oidc, signing_key: '{}' } }]);
    const found = await call<{ protocols: { id: string; mapping_id: string }[] }>(acme, 200, [
      'GET',
      `${provider}/protocols`,
    ]);
    assert.deepEqual(
      found.protocols.map(({ id, mapping_id }) => [id, mapping_id]),
      [['oidc', 'mapping_corp']],
    );
    await call(acme, 200, ['GET', `${provider}/protocols/oidc`]);
    await call(acme, 400, [
      'PUT',
      `${provider}/protocols/saml`,
      { protocol: { mapping_id: 'mapping_corp' } },
    ]);
    await call(acme, 404, ['PATCH', `${provider}/protocols/oidc`, { protocol: { mapping_id: 'unknown' } }]);
    assert.deepEqual(
      (await call<{ mapping: { rules: object } }>(acme, 200, ['GET', mapping])).mapping.rules,
      rules,
    );
    assert.equal(
      (await call<{ mappings: object[] }>(acme, 200, ['GET', '/v3/OS-FEDERATION/mappings'])).mappings.length,
      1,
    );
    await call(acme, 409, ['PUT', mapping, { mapping: { rules } }]);
    await call(acme, 409, ['DELETE', mapping]);
    await call(acme, 200, ['GET', provider]);
    await call(acme, 409, ['PUT', provider, { identity_provider: {} }]);

    for (const request of [
      ['GET', provider],
      ['PATCH', provider, { identity_provider: { enabled: false } }],
      ['DELETE', provider],
      ['GET', oidcUrl],
      ['PUT', oidcUrl, { openid_connect_config: oidc }],
      ['GET', mapping],
      ['PATCH', mapping, { mapping: { rules } }],
      ['DELETE', mapping],
      ['GET', `${provider}/protocols`],
      ['DELETE', `${provider}/protocols/oidc`],
    ] satisfies TestRequest[])
      await call(globex, 404, request);
    assert.deepEqual(
      (
        await call<{ identity_providers: object[] }>(globex, 200, [
          'GET',
          '/v3/OS-FEDERATION/identity_providers',
        ])
      ).identity_providers,
      [],
    );

    await call(acme, 204, ['DELETE', `${provider}/protocols/oidc`]);
    await call(acme, 204, ['DELETE', mapping]);
    await call(acme, 204, ['DELETE', provider]);
    await call(acme, 404, ['GET', provider]);
  });
});
