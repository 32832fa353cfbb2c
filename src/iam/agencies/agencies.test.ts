import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  actorOfToken,
  createTestIdentity,
  send,
  type TestIdentity,
  type TestUser,
} from '../../../test/support/identity.ts';
import { AccessDenied } from '../../platform/errors.ts';
import { migrations } from '../index.ts';

const url = '/v3.0/OS-AGENCY/agencies';
const hour = 60 * 60_000;

interface Agency {
  readonly id: string;
  readonly name: string;
  readonly trust_domain_id: string;
  readonly trust_domain_name: string;
  readonly duration: string;
  readonly expire_time: string | null;
}

/** globex trusts acme with PCA FullAccess. */
async function trustAcme({ globex, call }: TestIdentity, duration = 'FOREVER'): Promise<Agency> {
  const { agency } = await call<{ agency: Agency }>(globex, 201, [
    'POST',
    url,
    {
      agency: {
        name: 'operations',
        domain_id: globex.account.accountId,
        trust_domain_name: 'acme',
        duration,
      },
    },
  ]);
  const { roles } = await call<{ roles: { id: string }[] }>(globex, 200, [
    'GET',
    '/v3/roles?display_name=PCA%20FullAccess',
  ]);
  const grant = `/v3.0/OS-AGENCY/domains/${globex.account.accountId}/agencies/${agency.id}/roles/${roles[0]!.id}`;
  await call(globex, 204, ['PUT', grant]);
  await call(globex, 204, ['HEAD', grant]);
  return agency;
}

function assumeRequest(names: object, scope: object = { domain: { name: 'globex' } }): object {
  return { auth: { identity: { methods: ['assume_role'], assume_role: names }, scope } };
}

async function assume(
  identity: TestIdentity,
  user: TestUser,
  names: object = { domain_name: 'globex', xrole_name: 'operations' },
) {
  const headers = { 'x-auth-token': user.token };
  const response = await identity.app.inject({
    method: 'POST',
    url: '/v3/auth/tokens',
    headers,
    payload: assumeRequest(names),
  });
  return { status: response.statusCode, token: String(response.headers['x-subject-token']), response };
}

describeOnEachDatabase('agencies', migrations, (open) => {
  test('a user of the trusted account acts in the other, as far as is granted', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, globex, iam } = identity;
    const agency = await trustAcme(identity);
    const operator = await identity.addUser(acme, 'operator', ['Agent Operator']);
    for (const names of [
      { domain_name: 'globex', xrole_name: 'operations' },
      { domain_name: 'globex', agency_name: 'operations' },
      { domain_id: globex.account.accountId, agency_name: 'operations' },
    ])
      assert.equal((await assume(identity, operator, names)).status, 201);

    const { token, response } = await assume(identity, operator);
    const body = response.json<{
      token: { assumed_by: object; user: object; roles: { name: string }[]; domain: object };
    }>();
    const domain = { id: globex.account.accountId, name: 'globex' };
    assert.deepEqual(body.token.domain, domain);
    assert.deepEqual(body.token.user, {
      id: agency.id,
      name: 'operations/acme/operator',
      domain,
      password_expires_at: '',
    });
    assert.deepEqual(
      body.token.roles.map((role) => role.name),
      ['system_all_pca_0'],
    );
    assert.deepEqual(body.token.assumed_by, {
      user: { id: operator.userId, name: 'operator', domain: { id: acme.account.accountId, name: 'acme' } },
    });
    const actor = await actorOfToken(iam, token);
    assert.deepEqual(
      [actor.kind, actor.accountId, actor.principalId],
      ['agency', globex.account.accountId, agency.id],
    );
    await iam.identity.authorize(actor, { action: 'pca:ca:create' });
    await assert.rejects(iam.identity.authorize(actor, { action: 'kms:cmk:create' }), AccessDenied);
    // It is nobody's self: keys for it cannot be made.
    await send(identity.app, 403, { 'x-auth-token': token }, [
      'POST',
      '/v3.0/OS-CREDENTIAL/credentials',
      { credential: { user_id: agency.id } },
    ]);
  });

  test('nobody else may: no permission, another account, no such agency; all but the first are answered alike', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, globex, call } = identity;
    await trustAcme(identity);
    const nobody = await identity.addUser(acme, 'nobody', ['PCA FullAccess']);
    const operator = await identity.addUser(acme, 'operator', ['Agent Operator']);
    assert.equal((await assume(identity, nobody)).status, 403);
    const stranger = await call<object>(globex, 403, [
      'POST',
      '/v3/auth/tokens',
      assumeRequest({ domain_name: 'globex', xrole_name: 'operations' }),
    ]);
    const unknown = await call<object>(operator, 403, [
      'POST',
      '/v3/auth/tokens',
      assumeRequest({ domain_name: 'globex', xrole_name: 'unknown' }),
    ]);
    const nowhere = await call<object>(operator, 403, [
      'POST',
      '/v3/auth/tokens',
      assumeRequest({ domain_name: 'nowhere', xrole_name: 'x' }),
    ]);
    assert.deepEqual(stranger, unknown);
    assert.deepEqual(unknown, nowhere);
    await call(operator, 400, ['POST', '/v3/auth/tokens', assumeRequest({ domain_name: 'globex' })]);
    await send(identity.app, 401, {}, [
      'POST',
      '/v3/auth/tokens',
      assumeRequest({ domain_name: 'globex', xrole_name: 'operations' }),
    ]);
    // From agency to agency there is no way.
    const { token } = await assume(identity, operator);
    await send(identity.app, 403, { 'x-auth-token': token }, [
      'POST',
      '/v3/auth/tokens',
      assumeRequest({ domain_name: 'globex', xrole_name: 'operations' }),
    ]);
  });

  test('a policy may name the agency that may be assumed', async () => {
    const identity = await createTestIdentity(await open());
    const agency = await trustAcme(identity);
    const only = (id: string) => ({
      Version: '1.1',
      Statement: [
        { Effect: 'Allow', Action: ['iam:agencies:assume'], Resource: { uri: [`/iam/agencies/${id}`] } },
      ],
    });
    const right = await identity.addUser(identity.acme, 'right', [only(agency.id)]);
    const wrong = await identity.addUser(identity.acme, 'wrong', [only('0'.repeat(32))]);
    assert.equal((await assume(identity, right)).status, 201);
    assert.equal((await assume(identity, wrong)).status, 403);
  });

  test('the delegation ends with the agency, its term, its trust, and who assumed it', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, globex, call, clock } = identity;
    const agency = await trustAcme(identity, 'ONEDAY');
    const users = await Promise.all(
      ['a', 'b'].map((name) => identity.addUser(acme, name, ['Agent Operator'])),
    );
    const [a, b] = users as [TestUser, TestUser];
    const works = async (token: string, status: number) =>
      send(identity.app, status, { 'x-auth-token': token }, ['GET', '/v3/auth/domains']);

    const first = await assume(identity, a);
    await works(first.token, 200);
    await call(acme, 200, ['PATCH', `/v3/users/${a.userId}`, { user: { enabled: false } }]);
    await works(first.token, 401);

    clock.advance(hour);
    const second = await assume(identity, b);
    const { token } = second.response.json<{ token: { expires_at: string } }>();
    assert.equal(token.expires_at, agency.expire_time, 'no token outlives its agency');
    await identity.iam.createAccount(await acme.actor(), { accountName: 'third', projectName: 'p' });
    await call(globex, 200, ['PUT', `${url}/${agency.id}`, { agency: { trust_domain_name: 'third' } }]);
    await works(second.token, 401);
    await call(globex, 200, ['PUT', `${url}/${agency.id}`, { agency: { trust_domain_name: 'acme' } }]);
    await works(second.token, 200);
    await call(globex, 204, ['DELETE', `${url}/${agency.id}`]);
    await works(second.token, 401);
  });

  test('temporary keys of an agency', async () => {
    const identity = await createTestIdentity(await open());
    await trustAcme(identity);
    const operator = await identity.addUser(identity.acme, 'operator', ['Agent Operator']);
    const assume_role = { domain_name: 'globex', agency_name: 'operations', duration_seconds: 3600 };
    const path = '/v3.0/OS-CREDENTIAL/securitytokens';
    const { credential } = await identity.call<{ credential: Record<string, string> }>(operator, 201, [
      'POST',
      path,
      { auth: { identity: { methods: ['assume_role'], assume_role } } },
    ]);
    assert.equal(credential.expires_at, '2025-11-28T10:30:00.000000Z');
    assert.match(credential.access ?? '', /^HST[A-Z0-9]{17}$/);
    const limited = {
      auth: { identity: { methods: ['assume_role'], assume_role, policy: { Version: '1.1' } } },
    };
    const { error } = await identity.call<{ error: { message: string } }>(operator, 400, [
      'POST',
      path,
      limited,
    ]);
    assert.match(error.message, /policy is not supported/);
  });

  test('an agency for no account is answered like one for an account, and trusts nobody', async () => {
    const identity = await createTestIdentity(await open());
    const { globex, call } = identity;
    const create = async (name: string, trust_domain_name: string) =>
      (await call<{ agency: Agency }>(globex, 201, ['POST', url, { agency: { name, trust_domain_name } }]))
        .agency;
    const real = await create('a', 'acme');
    const none = await create('b', 'nowhere');
    const again = await create('c', 'nowhere');
    assert.deepEqual(Object.keys(none), Object.keys(real));
    assert.match(none.trust_domain_id, /^[0-9a-f]{32}$/);
    assert.equal(again.trust_domain_id, none.trust_domain_id);
    assert.notEqual((await create('d', 'elsewhere')).trust_domain_id, none.trust_domain_id);
    // An account that takes the name later is not trusted.
    const made = await identity.iam.createAccount(await identity.acme.actor(), {
      accountName: 'nowhere',
      projectName: 'cn-north-4',
    });
    assert.notEqual(made.accountId, none.trust_domain_id);
  });

  test('agencies are listed, changed, and hidden from other accounts', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, globex, call } = identity;
    const agency = await trustAcme(identity);
    assert.deepEqual(
      [agency.trust_domain_id, agency.trust_domain_name, agency.duration, agency.expire_time],
      [acme.account.accountId, 'acme', 'FOREVER', null],
    );
    for (const [body, status] of [
      [{ name: 'operations', trust_domain_name: 'acme' }, 409],
      [{ name: 'x', trust_domain_id: 'nowhere' }, 400],
      [{ name: 'x', trust_domain_name: 'globex' }, 400],
      [{ name: 'x', trust_domain_name: 'acme', duration: 'SOMETIMES' }, 400],
      [{ name: 'x', trust_domain_name: 'acme', domain_id: acme.account.accountId }, 403],
    ] as const)
      await call(globex, status, ['POST', url, { agency: body }]);
    const updated = await call<{ agency: Agency }>(globex, 200, [
      'PUT',
      `${url}/${agency.id}`,
      { agency: { description: 'd', duration: 10 } },
    ]);
    assert.deepEqual(
      [updated.agency.duration, updated.agency.expire_time],
      ['10', '2025-12-08T09:30:00.000000Z'],
    );
    const list = async (user: TestUser, query = '') =>
      (await call<{ agencies: Agency[] }>(user, 200, ['GET', url + query])).agencies.length;
    assert.deepEqual([await list(globex), await list(globex, '?name=x'), await list(acme)], [1, 0, 0]);
    assert.equal(await list(globex, `?domain_id=${acme.account.accountId}`), 0);
    for (const method of ['GET', 'DELETE'] as const) await call(acme, 404, [method, `${url}/${agency.id}`]);
    await call(acme, 404, ['PUT', `${url}/${agency.id}`, { agency: { description: 'mine' } }]);
  });

  test('a service acts in an account that trusts it, with what is granted and no more', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, globex, iam, call, clock } = identity;
    const { accountId } = acme.account;
    const pca = {
      service: 'op_svc_pca',
      agencyName: 'PCAAccessPrivateOBS',
      description: 'CRLs',
      policyName: 'OBS OperateAccess',
    };
    const putObject = { action: 'obs:object:PutObject', resource: 'obs:*:x:object:bucket/key' };
    const actor = await acme.actor();
    assert.equal(await iam.serviceAgencies.find(actor, 'op_svc_pca'), undefined);
    assert.equal(await iam.serviceAgencies.assume(accountId, 'op_svc_pca'), undefined);
    const id = await iam.serviceAgencies.ensure(actor, pca);
    assert.equal(await iam.serviceAgencies.find(actor, 'op_svc_pca'), id);
    const { agency } = await call<{ agency: Agency }>(acme, 200, ['GET', `${url}/${id}`]);
    assert.deepEqual([agency.trust_domain_id, agency.trust_domain_name], ['op_svc_pca', 'op_svc_pca']);

    const service = await iam.serviceAgencies.assume(accountId, 'op_svc_pca');
    assert.ok(service);
    assert.deepEqual([service.kind, service.principalName], ['agency', 'PCAAccessPrivateOBS/op_svc_pca']);
    await iam.identity.authorize(service, putObject);
    await assert.rejects(iam.identity.authorize(service, { action: 'iam:users:createUser' }), AccessDenied);
    assert.equal(await iam.serviceAgencies.assume(globex.account.accountId, 'op_svc_pca'), undefined);
    assert.equal(await iam.serviceAgencies.assume(accountId, 'op_svc_scm'), undefined);

    const roles = `/v3.0/OS-AGENCY/domains/${accountId}/agencies/${id}/roles`;
    const granted = await call<{ roles: { id: string }[] }>(acme, 200, ['GET', roles]);
    await call(acme, 204, ['DELETE', `${roles}/${granted.roles[0]!.id}`]);
    const powerless = await iam.serviceAgencies.assume(accountId, 'op_svc_pca');
    assert.ok(powerless);
    await assert.rejects(iam.identity.authorize(powerless, putObject), AccessDenied);
    assert.equal(await iam.serviceAgencies.ensure(actor, pca), id);
    const again = await iam.serviceAgencies.assume(accountId, 'op_svc_pca');
    assert.ok(again);
    await iam.identity.authorize(again, putObject);
    await call(acme, 204, ['DELETE', `${url}/${id}`]);
    assert.equal(await iam.serviceAgencies.assume(accountId, 'op_svc_pca'), undefined);

    const byHand = { name: 'mine', trust_domain_name: 'op_svc_pca', duration: 'ONEDAY' };
    const made = await call<{ agency: Agency }>(acme, 201, ['POST', url, { agency: byHand }]);
    assert.equal((await iam.serviceAgencies.assume(accountId, 'op_svc_pca'))?.principalId, made.agency.id);
    clock.advance(24 * hour);
    assert.equal(await iam.serviceAgencies.assume(accountId, 'op_svc_pca'), undefined);
  });

  test('only who may create agencies may let a service in; a name that is taken is a conflict', async () => {
    const identity = await createTestIdentity(await open());
    const { acme, iam, call } = identity;
    const pca = {
      service: 'op_svc_pca',
      agencyName: 'taken',
      description: '',
      policyName: 'OBS OperateAccess',
    };
    const user = await identity.addUser(acme, 'u', ['PCA FullAccess']);
    await assert.rejects(iam.serviceAgencies.ensure(await user.actor(), pca), AccessDenied);
    await assert.rejects(iam.serviceAgencies.find(await user.actor(), 'op_svc_pca'), AccessDenied);
    await call(acme, 201, ['POST', url, { agency: { name: 'taken', trust_domain_name: 'globex' } }]);
    await assert.rejects(iam.serviceAgencies.ensure(await acme.actor(), pca), /Conflict/);
    const keeper = await identity.addUser(acme, 'keeper', ['Security Administrator']);
    assert.ok(await iam.serviceAgencies.ensure(await keeper.actor(), { ...pca, agencyName: 'free' }));
  });
});
