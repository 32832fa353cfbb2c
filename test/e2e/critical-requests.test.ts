import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyRequest } from 'fastify';
import type { AccessRequest, Actor } from '../../src/iam/actor.ts';
import { isCriticalAction } from '../../src/iam/critical-operations/critical-actions.ts';
import { migrations } from '../../src/iam/index.ts';
import { criticalPermissions, accessRequest as kmsRequest } from '../../src/kms/permissions.ts';
import {
  permissions as pcaPermissions,
  accessRequest as pcaRequest,
} from '../../src/private-ca/permissions.ts';
import {
  permissions as scmPermissions,
  accessRequest as scmRequest,
} from '../../src/ssl-certificates/permissions.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { actorOfToken, createTestIdentity, type TestIdentity, type TestUser } from '../support/identity.ts';
import { permissionTable } from '../support/permission-table.ts';
import { bindAuthenticator, byTotp, inPerson, loginWith } from '../support/second-factor.ts';
import { signedHeaders } from '../support/sign-request.ts';

const minute = 60_000;

/** Every critical request of every service, from its permission table. */
const critical: readonly AccessRequest[] = [
  ...[...criticalPermissions].map((name) => kmsRequest(name, { projectId: 'p' })),
  ...Object.entries(pcaPermissions)
    .filter(([, { isCritical }]) => isCritical)
    .map(([name]) => pcaRequest(name as keyof typeof pcaPermissions)),
  ...Object.entries(scmPermissions)
    .filter(([, { isCritical }]) => isCritical)
    .map(([name]) => scmRequest(name as keyof typeof scmPermissions)),
  ...permissionTable
    .filter((names) => names.some(isCriticalAction))
    .map(([action, ...aliases]) => ({ action, aliases })),
];

const protectUrl = ({ account }: TestUser) =>
  `/v3.0/OS-SECURITYPOLICY/domains/${account.accountId}/protect-policy`;
const protect = (identity: TestIdentity, root: TestUser, policy: object) =>
  identity.call(root, 200, ['PUT', protectUrl(root), { protect_policy: policy }]);

async function exchanged({ app }: TestIdentity, user: TestUser): Promise<TestUser> {
  const identity = { methods: ['token'], token: { id: user.token } };
  const payload = { auth: { identity, scope: { project: { id: user.account.projectId } } } };
  const response = await app.inject({ method: 'POST', url: '/v3/auth/tokens', payload });
  assert.equal(response.statusCode, 201, response.body);
  return { ...user, token: String(response.headers['x-subject-token']) };
}

/** The actor of a request that is signed with a key, permanent or temporary. */
async function actorOfKey(
  { iam, clock }: TestIdentity,
  key: { readonly accessKey: string; readonly secretKey: string },
  securityToken?: string,
): Promise<Actor> {
  const unsigned = { method: 'GET', host: 'openccm.test', path: '/', atMs: clock.nowMs() };
  const headers = {
    ...signedHeaders(key, unsigned),
    ...(securityToken && { 'x-security-token': securityToken }),
  };
  const request = {
    method: 'GET',
    raw: { url: '/' },
    headers,
    rawBody: Buffer.alloc(0),
    ip: '127.0.0.1',
    id: 'r',
  };
  const sent = request as unknown as FastifyRequest;
  await iam.authenticate((fault) => new Error(fault))(sent);
  await sent.checkBody?.(Buffer.alloc(0));
  return sent.actor;
}

async function temporaryKeyActor(identity: TestIdentity, user: TestUser): Promise<Actor> {
  const { credential } = await identity.call<{
    credential: { access: string; secret: string; securitytoken: string };
  }>(user, 201, [
    'POST',
    '/v3.0/OS-CREDENTIAL/securitytokens',
    { auth: { identity: { methods: ['token'], token: { id: user.token } } } },
  ]);
  const key = { accessKey: credential.access, secretKey: credential.secret };
  return actorOfKey(identity, key, credential.securitytoken);
}

async function refusals(identity: TestIdentity, actor: Actor): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const request of critical)
    await identity.iam.identity
      .authorize(actor, request)
      .catch((error: Error) => refused.push(error.message));
  return refused;
}

describeOnEachDatabase('critical operations', migrations, (open) => {
  async function world() {
    const identity = await createTestIdentity(await open());
    const root = await inPerson(identity, identity.acme);
    const telephone = await bindAuthenticator(identity, root, 'telephone');
    identity.clock.advance(minute);
    const strong = await loginWith(identity.app, root, byTotp(root, telephone.code()));
    return { identity, root, telephone, strong };
  }

  test('there are critical requests of each service', () => {
    const services = new Set(critical.map(({ action }) => action.slice(0, action.indexOf(':'))));
    assert.deepEqual([...services].sort(), ['iam', 'kms', 'pca', 'scm']);
    assert.ok(critical.length > 30);
  });

  test('each is refused to every credential without a recent second factor, the root user too', async () => {
    const { identity, root, strong } = await world();
    const admin = await identity.addUser(root, 'admin', ['FullAccess']);
    const { accessKey, secretKey } = root.account;
    const kinds: Record<string, () => Promise<Actor>> = {
      'password token of root': () => actorOfToken(identity.iam, root.token),
      'password token of a user with all permissions': () => actorOfToken(identity.iam, admin.token),
      'token exchanged for it': async () =>
        actorOfToken(identity.iam, (await exchanged(identity, root)).token),
      'temporary key': () => temporaryKeyActor(identity, root),
      'permanent key': () => actorOfKey(identity, { accessKey, secretKey }),
    };
    const actors = new Map<string, Actor>();
    for (const [kind, make] of Object.entries(kinds)) actors.set(kind, await make());
    for (const [kind, actor] of actors) assert.deepEqual(await refusals(identity, actor), [], `${kind}, off`);
    await protect(identity, strong, { operation_protection: true });
    for (const [kind, actor] of actors) {
      const refused = await refusals(identity, actor);
      assert.equal(refused.length, critical.length, kind);
      for (const message of refused) assert.match(message, /second factor within the last 15 minutes/);
    }
    const harmless = { action: 'kms:cmk:get' };
    for (const actor of actors.values()) await identity.iam.identity.authorize(actor, harmless);
    const records = await identity.call<{ records: { detail: string }[] }>(root, 200, [
      'GET',
      '/v1/audit/records?action=pca:ca:delete&result=refused',
    ]);
    assert.equal(records.records.length, actors.size);
  });

  test('each is allowed with a recent second factor, and no longer when it is old', async () => {
    const { identity, strong } = await world();
    await protect(identity, strong, { operation_protection: true, second_factor_minutes: 5 });
    const derived = await exchanged(identity, strong);
    const actors = [
      await actorOfToken(identity.iam, strong.token),
      await actorOfToken(identity.iam, derived.token),
      await temporaryKeyActor(identity, strong),
    ];
    for (const actor of actors) assert.deepEqual(await refusals(identity, actor), []);
    identity.clock.advance(5 * minute + 1);
    for (const actor of actors) assert.equal((await refusals(identity, actor)).length, critical.length);
  });

  test('a step-up renews the session, not what was derived from it before', async () => {
    const { identity, root, telephone, strong } = await world();
    await protect(identity, strong, { operation_protection: true });
    const derived = await exchanged(identity, root);
    const stepUp = (user: TestUser, status: number, body: object) =>
      identity.call(user, status, ['POST', '/v3.0/OS-MFA/step-up', body]);
    identity.clock.advance(minute);
    const wrong = telephone.code() === '000000' ? '111111' : '000000';
    await stepUp(root, 401, { totp: { passcode: wrong } });
    assert.equal(
      (await refusals(identity, await actorOfToken(identity.iam, root.token))).length,
      critical.length,
    );
    await stepUp(root, 400, {});
    await stepUp(root, 200, { totp: { passcode: telephone.code() } });
    assert.deepEqual(await refusals(identity, await actorOfToken(identity.iam, root.token)), []);
    const other = await actorOfToken(identity.iam, derived.token);
    assert.equal((await refusals(identity, other)).length, critical.length);
  });

  test('permanent access keys go on only where the policy says so; temporary ones do not', async () => {
    const { identity, root, strong } = await world();
    await protect(identity, strong, { operation_protection: true, allow_access_keys: true });
    const { accessKey, secretKey } = root.account;
    assert.deepEqual(await refusals(identity, await actorOfKey(identity, { accessKey, secretKey })), []);
    const temporary = await temporaryKeyActor(identity, root);
    assert.equal((await refusals(identity, temporary)).length, critical.length);
    await identity.call(root, 403, [
      'PUT',
      protectUrl(root),
      { protect_policy: { operation_protection: false } },
    ]);
    assert.deepEqual(await identity.call(root, 200, ['GET', protectUrl(root)]), {
      protect_policy: {
        operation_protection: true,
        allow_user: {
          manage_accesskey: true,
          manage_email: true,
          manage_mobile: true,
          manage_password: true,
        },
        admin_check: 'off',
        mobile: '',
        email: '',
        scene: '',
        second_factor_minutes: 15,
        allow_access_keys: true,
      },
    });
  });

  test("an assumed agency has its caller's second factor, and the policy of its own account counts", async () => {
    const { identity, root, strong } = await world();
    const { globex, call, app } = identity;
    const wanted = {
      name: 'ops',
      domain_id: globex.account.accountId,
      trust_domain_name: 'acme',
      duration: 'FOREVER',
    };
    const { agency } = await call<{ agency: { id: string } }>(globex, 201, [
      'POST',
      '/v3.0/OS-AGENCY/agencies',
      { agency: wanted },
    ]);
    const { roles } = await call<{ roles: { id: string }[] }>(globex, 200, [
      'GET',
      '/v3/roles?display_name=FullAccess',
    ]);
    await call(globex, 204, [
      'PUT',
      `/v3.0/OS-AGENCY/domains/${globex.account.accountId}/agencies/${agency.id}/roles/${roles[0]!.id}`,
    ]);
    await protect(identity, globex, { operation_protection: true });
    const assume = async (user: TestUser): Promise<Actor> => {
      const assume_role = { domain_name: 'globex', agency_name: 'ops' };
      const payload = {
        auth: { identity: { methods: ['assume_role'], assume_role }, scope: { domain: { name: 'globex' } } },
      };
      const headers = { 'x-auth-token': user.token };
      const response = await app.inject({ method: 'POST', url: '/v3/auth/tokens', headers, payload });
      assert.equal(response.statusCode, 201, response.body);
      return actorOfToken(identity.iam, String(response.headers['x-subject-token']));
    };
    assert.deepEqual(await refusals(identity, await assume(strong)), []);
    assert.equal((await refusals(identity, await assume(root))).length, critical.length);
  });

  test('protection does not keep a user from binding a first factor, and self-service asks for it', async () => {
    const { identity, root, strong } = await world();
    const bob = await inPerson(identity, await identity.addUser(root, 'bob', []));
    await protect(identity, strong, { operation_protection: true });
    const newKey = { credential: { user_id: bob.userId, description: '' } };
    await identity.call(bob, 403, ['POST', '/v3.0/OS-CREDENTIAL/credentials', newKey]);
    const telephone = await bindAuthenticator(identity, bob, 'of bob');
    identity.clock.advance(minute);
    const proven = await loginWith(identity.app, bob, byTotp(bob, telephone.code()));
    await identity.call(proven, 201, ['POST', '/v3.0/OS-CREDENTIAL/credentials', newKey]);
  });
});
