import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../test/support/databases.ts';
import {
  createTestIdentity,
  inPerson,
  send,
  type TestIdentity,
  type TestRequest,
  type TestUser,
} from '../../test/support/identity.ts';
import { signedHeaders } from '../../test/support/sign-request.ts';
import { migrations } from './index.ts';
import { findSystemPolicyByName } from './policies/system-policies.ts';

const keysUrl = '/v3.0/OS-CREDENTIAL/credentials';
const agenciesUrl = '/v3.0/OS-AGENCY/agencies';
const providerUrl = '/v3/OS-FEDERATION/identity_providers/corp';
const mappingUrl = '/v3/OS-FEDERATION/mappings/corp';
const oidc = {
  openid_connect_config: {
    access_mode: 'program',
    idp_url: 'https://idp.test',
    client_id: 'openccm',
    signing_key: JSON.stringify({
      keys: [
        {
          kty: 'EC',
          crv: 'P-256',
          x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
          y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
        },
      ],
    }),
  },
};

function idOf(policyName: string): string {
  return findSystemPolicyByName(policyName)!.policyId;
}

/** An account with a strong user, a strong group and what else leads to their rights. */
async function prepare(identity: TestIdentity) {
  const { acme, call } = identity;
  const strong = await identity.addUser(acme, 'strong', ['FullAccess']);
  const weak = await identity.addUser(acme, 'weak', []);
  const { groups } = await call<{ groups: { id: string; name: string }[] }>(acme, 200, ['GET', '/v3/groups']);
  const groupId = (name: string) => groups.find((group) => group.name === name)!.id;
  const policy = { Version: '1.1', Statement: [{ Effect: 'Allow', Action: ['iam:users:getUser'] }] };
  const role = { display_name: 'granted', type: 'AX', description: '', policy };
  const made = await call<{ role: { id: string } }>(acme, 201, ['POST', '/v3.0/OS-ROLE/roles', { role }]);
  const accountId = acme.account.accountId;
  await call(acme, 204, [
    'PUT',
    `/v3/domains/${accountId}/groups/${groupId('weak-group')}/roles/${made.role.id}`,
  ]);
  const { agency } = await call<{ agency: { id: string } }>(acme, 201, [
    'POST',
    agenciesUrl,
    { agency: { name: 'a', trust_domain_name: 'globex' } },
  ]);
  await call(acme, 204, [
    'PUT',
    `/v3.0/OS-AGENCY/domains/${accountId}/agencies/${agency.id}/roles/${idOf('FullAccess')}`,
  ]);
  const inactive = await call<{ credential: { access: string } }>(acme, 201, [
    'POST',
    keysUrl,
    { credential: { user_id: strong.userId } },
  ]);
  const keyUrl = `${keysUrl}/${inactive.credential.access}`;
  await call(acme, 200, ['PUT', keyUrl, { credential: { status: 'inactive' } }]);
  return { accountId, strong, weak, groupId, role, roleId: made.role.id, agencyId: agency.id, keyUrl };
}

/** Everything by which rights are given, here those of full access. */
function gifts(
  { acme }: TestIdentity,
  { accountId, strong, weak, groupId, role, roleId, agencyId, keyUrl }: Awaited<ReturnType<typeof prepare>>,
): [status: number, request: TestRequest][] {
  const everything = { Version: '1.1', Statement: [{ Effect: 'Allow', Action: ['*:*:*'] }] };
  const user = `/v3.0/OS-USER/users/${strong.userId}`;
  const rule = (group: object) => ({ local: [{ user: { name: 'u' } }, group], remote: [{ type: 'sub' }] });
  return [
    [201, ['POST', keysUrl, { credential: { user_id: strong.userId } }]],
    [200, ['PUT', keyUrl, { credential: { status: 'active' } }]],
    [200, ['PUT', user, { user: { password: 'Other-Horse-2' } }]],
    [200, ['PATCH', `/v3/users/${strong.userId}`, { user: { password: 'Other-Horse-3' } }]],
    [200, ['PUT', user, { user: { enabled: true } }]],
    [200, ['PUT', user, { user: { xuser_id: 'me' } }]],
    [200, ['PUT', user, { user: { access_mode: 'default' } }]],
    [200, ['PUT', user, { user: { pwd_status: false } }]],
    [204, ['PUT', `/v3/groups/${groupId('strong-group')}/users/${weak.userId}`]],
    [204, ['PUT', `/v3/domains/${accountId}/groups/${groupId('weak-group')}/roles/${idOf('FullAccess')}`]],
    [
      204,
      [
        'PUT',
        `/v3/projects/${acme.account.projectId}/groups/${groupId('weak-group')}/roles/${idOf('KMS Administrator')}`,
      ],
    ],
    [
      204,
      [
        'PUT',
        `/v3.0/OS-PERMISSION/enterprise-projects/0/users/${weak.userId}/roles/${idOf('PCA FullAccess')}`,
      ],
    ],
    [
      204,
      ['PUT', `/v3.0/OS-AGENCY/domains/${accountId}/agencies/${agencyId}/roles/${idOf('PCA FullAccess')}`],
    ],
    [200, ['PUT', `${agenciesUrl}/${agencyId}`, { agency: { trust_domain_name: 'globex' } }]],
    [200, ['PUT', `${agenciesUrl}/${agencyId}`, { agency: { duration: 'FOREVER' } }]],
    [200, ['PATCH', `/v3.0/OS-ROLE/roles/${roleId}`, { role: { ...role, policy: everything } }]],
    [201, ['PUT', mappingUrl, { mapping: { rules: [rule({ group: { name: 'strong-group' } })] } }]],
    [200, ['PATCH', mappingUrl, { mapping: { rules: [rule({ groups: '{0}' })] } }]],
  ];
}

async function refusals({ acme, call }: TestIdentity, by: TestUser): Promise<{ detail: string }[]> {
  const url = `/v1/audit/records?result=refused&principal_id=${by.userId}&limit=1000`;
  return (await call<{ records: { detail: string }[] }>(acme, 200, ['GET', url])).records;
}

describeOnEachDatabase('authority', migrations, (open) => {
  test('nobody gives more than they have, in no way', async () => {
    const identity = await createTestIdentity(await open());
    const world = await prepare(identity);
    const clerk = await identity.addUser(identity.acme, 'clerk', ['Security Administrator']);
    const refused = gifts(identity, world).filter(
      ([, [method, url]]) => !(method === 'PATCH' && url === mappingUrl),
    );
    for (const [, request] of refused) {
      const { error } = await identity.call<{ error: { message: string } }>(clerk, 403, request);
      assert.match(
        error.message,
        /You cannot grant what you do not have: [\w ]+ allows [\w*:]+\./,
        JSON.stringify(request),
      );
    }
    assert.equal((await refusals(identity, clerk)).length, refused.length);
    // Nothing was changed: those who had rights have them, and the others have none.
    const powerless = { action: 'kms:cmk:create' };
    await assert.rejects(identity.iam.identity.authorize(await world.weak.actor(), powerless));
    await identity.iam.identity.authorize(await world.strong.actor(), powerless);
  });

  test('whoever may do everything may give it, and is not the root user', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const world = await prepare(identity);
    const administrator = await identity.addUser(acme, 'administrator', ['FullAccess']);
    for (const [status, request] of gifts(identity, world)) await call(administrator, status, request);

    const root = `/v3.0/OS-USER/users/${acme.userId}`;
    const key = `${keysUrl}/${acme.account.accessKey}`;
    const forbidden: TestRequest[] = [
      ['POST', keysUrl, { credential: { user_id: acme.userId } }],
      ['PUT', key, { credential: { status: 'inactive' } }],
      ['PUT', key, { credential: { description: 'x' } }],
      ['DELETE', key],
      ['PUT', root, { user: { password: 'Other-Horse-2' } }],
      ['PATCH', `/v3/users/${acme.userId}`, { user: { description: 'x' } }],
      ['PUT', root, { user: { xuser_id: 'me' } }],
      ['DELETE', `/v3/users/${acme.userId}`],
      ['PUT', `/v3/groups/${world.groupId('strong-group')}/users/${acme.userId}`],
      [
        'PUT',
        `/v3.0/OS-PERMISSION/enterprise-projects/0/users/${acme.userId}/roles/${idOf('PCA FullAccess')}`,
      ],
    ];
    for (const request of forbidden) await call(administrator, 403, request);
    assert.ok((await refusals(identity, administrator)).length >= forbidden.length - 2);
  });

  test('a security administrator runs identity for those who may do no more', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const clerk = await identity.addUser(acme, 'clerk', ['Security Administrator']);
    const weak = await identity.addUser(acme, 'weak', ['IAM ReadOnlyAccess']);
    const { group } = await call<{ group: { id: string } }>(clerk, 201, [
      'POST',
      '/v3/groups',
      { group: { name: 'g' } },
    ]);
    const grant = `/v3/domains/${acme.account.accountId}/groups/${group.id}/roles/${idOf('IAM ReadOnlyAccess')}`;
    await call(clerk, 204, ['PUT', grant]);
    await call(clerk, 204, ['PUT', `/v3/groups/${group.id}/users/${weak.userId}`]);
    await call(clerk, 201, ['POST', keysUrl, { credential: { user_id: weak.userId } }]);
    await call(clerk, 200, [
      'PUT',
      `/v3.0/OS-USER/users/${weak.userId}`,
      { user: { password: 'Other-Horse-2' } },
    ]);
    // To take away gives nothing.
    await call(clerk, 204, ['DELETE', grant]);
    await call(clerk, 200, ['PUT', `/v3.0/OS-USER/users/${weak.userId}`, { user: { enabled: false } }]);
    await call(clerk, 204, ['DELETE', `/v3/users/${weak.userId}`]);
  });

  test('a denial is not taken away by those whom it denies', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const denial = { Version: '5.0', Statement: [{ Effect: 'Deny', Action: ['kms:cmk:*'] }] };
    const limited = await identity.addUser(acme, 'limited', ['FullAccess', denial]);
    const { groups } = await call<{ groups: { id: string }[] }>(acme, 200, ['GET', '/v3/groups']);
    const { roles } = await call<{ roles: { id: string; display_name: string }[] }>(acme, 200, [
      'GET',
      `/v3/roles?domain_id=${acme.account.accountId}`,
    ]);
    const group = groups[0]!.id;
    const role = roles[0]!;
    const weak = await identity.addUser(acme, 'weak', []);
    const attempts: TestRequest[] = [
      ['DELETE', `/v3/groups/${group}/users/${limited.userId}`],
      ['DELETE', `/v3/domains/${acme.account.accountId}/groups/${group}/roles/${role.id}`],
      ['DELETE', `/v3/groups/${group}`],
      [
        'PATCH',
        `/v3.0/OS-ROLE/roles/${role.id}`,
        { role: { policy: { Version: '5.0', Statement: [{ Effect: 'Deny', Action: ['pca:x:y'] }] } } },
      ],
      [
        'PUT',
        `/v3.0/OS-PERMISSION/enterprise-projects/0/users/${weak.userId}/roles/${idOf('KMS Administrator')}`,
      ],
      ['PUT', `/v3.0/OS-PERMISSION/enterprise-projects/0/users/${weak.userId}/roles/${idOf('FullAccess')}`],
    ];
    for (const request of attempts) await call(limited, 403, request);
    await assert.rejects(identity.iam.identity.authorize(await limited.actor(), { action: 'kms:cmk:get' }));
    const free: TestRequest = [
      'PUT',
      `/v3.0/OS-PERMISSION/enterprise-projects/0/users/${weak.userId}/roles/${idOf('PCA FullAccess')}`,
    ];
    await call(limited, 204, free);
  });

  test('whoever says whom a provider vouches for has what they have', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    await identity.addUser(acme, 'strong', ['FullAccess']);
    const clerk = await identity.addUser(acme, 'clerk', ['Security Administrator']);
    const sso = { identity_provider: { sso_type: 'iam_user_sso', enabled: false } };
    await call(clerk, 201, ['PUT', providerUrl, sso]);
    const rules = [{ local: [{ user: { name: 'u' } }], remote: [{ type: 'sub' }] }];
    await call(clerk, 201, ['PUT', mappingUrl, { mapping: { rules } }]);
    const protocol: TestRequest = [
      'PUT',
      `${providerUrl}/protocols/oidc`,
      { protocol: { mapping_id: 'corp' } },
    ];
    await call(clerk, 403, protocol);
    await call(acme, 201, protocol);
    const url = '/v3.0/OS-FEDERATION/identity-providers/corp/openid-connect-config';
    await call(clerk, 403, ['POST', url, oidc]);
    await call(clerk, 403, ['PATCH', mappingUrl, { mapping: { rules } }]);
    await call(clerk, 403, ['PATCH', providerUrl, { identity_provider: { enabled: true } }]);
    await call(acme, 201, ['POST', url, oidc]);
  });

  test('own credentials are changed in person only', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, app, call, clock } = identity;
    const bob = await identity.addUser(acme, 'bob', []);
    const mine = { credential: { user_id: bob.userId } };
    await call(bob, 403, ['POST', keysUrl, mine]);
    const exchanged = await app.inject({
      method: 'POST',
      url: '/v3/auth/tokens',
      payload: { auth: { identity: { methods: ['token'], token: { id: bob.token } } } },
    });
    const unscoped = String(exchanged.headers['x-subject-token']);
    await send(app, 403, { 'x-auth-token': unscoped }, ['POST', keysUrl, mine]);

    const person = await inPerson(identity, bob);
    const auth = { identity: { methods: ['token'], token: { id: person.token } } };
    const { credential: short } = await send<{
      credential: Record<'access' | 'secret' | 'securitytoken', string>;
    }>(app, 201, {}, ['POST', '/v3.0/OS-CREDENTIAL/securitytokens', { auth }]);
    const signed = (key: { accessKey: string; secretKey: string }, path: string, body: object) => ({
      ...signedHeaders(key, {
        method: 'POST',
        host: 'openccm.test',
        path,
        body: JSON.stringify(body),
        atMs: clock.nowMs(),
      }),
      'content-type': 'application/json',
    });
    const temporary = { accessKey: short.access, secretKey: short.secret };
    const headers = { ...signed(temporary, keysUrl, mine), 'x-security-token': short.securitytoken };
    await send(app, 403, headers, ['POST', keysUrl, mine]);
    const passwordUrl = `/v3/users/${bob.userId}/password`;
    const change = { user: { original_password: bob.password, password: 'Other-Horse-2' } };
    const byTemporaryKey = {
      ...signed(temporary, passwordUrl, change),
      'x-security-token': short.securitytoken,
    };
    await send(app, 403, byTemporaryKey, ['POST', passwordUrl, change]);

    const { credential: key } = await call<{ credential: { access: string; secret: string } }>(person, 201, [
      'POST',
      keysUrl,
      mine,
    ]);
    // A permanent key makes its successor, as scripts that rotate keys do.
    const permanent = { accessKey: key.access, secretKey: key.secret };
    await send(app, 201, signed(permanent, keysUrl, mine), ['POST', keysUrl, mine]);
  });

  test('a denial counts for oneself', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, call } = identity;
    const denied = ['changePassword', 'getUser', 'updateUser', 'updateOwnInformation'];
    const Action = ['iam:credentials:*', 'iam:mfa:*', ...denied.map((name) => `iam:users:${name}`)];
    const denial = { Version: '5.0', Statement: [{ Effect: 'Deny', Action }] };
    const bob = await inPerson(identity, await identity.addUser(acme, 'bob', [denial]));
    const change = { user: { original_password: bob.password, password: 'Other-Horse-2' } };
    const protection = `/v3.0/OS-USER/users/${bob.userId}/login-protect`;
    const requests: TestRequest[] = [
      ['POST', keysUrl, { credential: { user_id: bob.userId } }],
      ['GET', keysUrl],
      ['POST', `/v3/users/${bob.userId}/password`, change],
      ['GET', `/v3/users/${bob.userId}`],
      ['PUT', `/v3.0/OS-USER/users/${bob.userId}/info`, { user: { email: 'bob@corp.test' } }],
      // Under the older names of its actions.
      ['GET', protection],
      ['PUT', protection, { login_protect: { enabled: true, verification_method: 'vmfa' } }],
      ['GET', '/v3.0/OS-MFA/recovery-codes'],
      ['POST', '/v3.0/OS-MFA/recovery-codes'],
      ['POST', '/v3.0/OS-MFA/step-up', { totp: { passcode: '123456' } }],
      ['POST', '/v3.0/OS-MFA/step-up/options'],
      ['GET', '/v3.0/OS-MFA/passkeys'],
    ];
    for (const request of requests) await call(bob, 403, request);
    assert.equal((await refusals(identity, bob)).length, requests.length);
  });
});
