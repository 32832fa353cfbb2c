import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  createTestIdentity,
  login,
  send,
  type TestIdentity,
  type TestUser,
  testIamPorts,
} from '../../../test/support/identity.ts';
import { signedHeaders } from '../../../test/support/sign-request.ts';
import { createHttpApp } from '../../platform/http/index.ts';
import { silentLog } from '../../platform/log.ts';
import { systemRandom } from '../../platform/random.ts';
import { createIam, migrations } from '../index.ts';

const minute = 60_000;
const host = 'openccm.test';
const temporaryKeys = '/v3.0/OS-CREDENTIAL/securitytokens';

interface TemporaryKey {
  readonly access: string;
  readonly secret: string;
  readonly securitytoken: string;
  readonly expires_at: string;
}

/** globex trusts acme; a user of acme may step into its agencies. */
async function withAgency(identity: TestIdentity): Promise<TestUser> {
  const agency = { name: 'operations', trust_domain_name: 'acme' };
  await identity.call(identity.globex, 201, ['POST', '/v3.0/OS-AGENCY/agencies', { agency }]);
  return identity.addUser(identity.acme, 'operator', ['Agent Operator']);
}

async function exchange({ app }: TestIdentity, token: string): Promise<string> {
  const identity = { methods: ['token'], token: { id: token } };
  const response = await app.inject({
    method: 'POST',
    url: '/v3/auth/tokens',
    payload: { auth: { identity } },
  });
  assert.equal(response.statusCode, 201, response.body);
  return String(response.headers['x-subject-token']);
}

async function temporaryKey({ app }: TestIdentity, token: string, seconds = 900): Promise<TemporaryKey> {
  const auth = { identity: { methods: ['token'], token: { id: token, duration_seconds: seconds } } };
  const answer = await send<{ credential: TemporaryKey }>(app, 201, {}, ['POST', temporaryKeys, { auth }]);
  return answer.credential;
}

const assumption = {
  auth: {
    identity: { methods: ['assume_role'], assume_role: { domain_name: 'globex', agency_name: 'operations' } },
  },
};

async function assume({ app }: TestIdentity, headers: Record<string, string>) {
  const response = await app.inject({ method: 'POST', url: '/v3/auth/tokens', headers, payload: assumption });
  assert.equal(response.statusCode, 201, response.body);
  const { token } = response.json<{ token: { expires_at: string } }>();
  return { token: String(response.headers['x-subject-token']), expiresAt: Date.parse(token.expires_at) };
}

function signed(
  { clock }: TestIdentity,
  key: { accessKey: string; secretKey: string },
  body: object,
  securityToken?: string,
): Record<string, string> {
  const request = { method: 'POST', host, path: '/v3/auth/tokens', body: JSON.stringify(body) };
  return {
    ...signedHeaders(key, { ...request, atMs: clock.nowMs() }),
    'content-type': 'application/json',
    ...(securityToken === undefined ? {} : { 'x-security-token': securityToken }),
  };
}

async function expectAlive({ app }: TestIdentity, token: string, isAlive: boolean): Promise<void> {
  await send(app, isAlive ? 200 : 401, { 'x-auth-token': token }, ['GET', '/v3/auth/domains']);
}

async function revoke({ app }: TestIdentity, token: string): Promise<void> {
  await send(app, 204, { 'x-auth-token': token, 'x-subject-token': token }, ['DELETE', '/v3/auth/tokens']);
}

describeOnEachDatabase('derived sessions', migrations, (open) => {
  test('what a temporary key assumes ends no later than the key', async () => {
    const identity = await createTestIdentity(await open());
    const operator = await withAgency(identity);
    const key = await temporaryKey(identity, operator.token);
    const pair = { accessKey: key.access, secretKey: key.secret };
    const assumed = await assume(identity, signed(identity, pair, assumption, key.securitytoken));
    assert.equal(assumed.expiresAt, Date.parse(key.expires_at));
    const grandchild = await exchange(identity, assumed.token);
    identity.clock.advance(15 * minute - 1);
    await expectAlive(identity, grandchild, true);
    identity.clock.advance(1);
    for (const token of [assumed.token, grandchild]) await expectAlive(identity, token, false);
    await expectAlive(identity, operator.token, true);
  });

  test('a revoked token takes what was derived from it, at any depth, and nothing else', async () => {
    const identity = await createTestIdentity(await open());
    const operator = await withAgency(identity);
    const child = await exchange(identity, operator.token);
    const key = await temporaryKey(identity, child);
    const pair = { accessKey: key.access, secretKey: key.secret };
    const { token: assumed } = await assume(identity, signed(identity, pair, assumption, key.securitytoken));
    const last = await exchange(identity, assumed);
    const sibling = await exchange(identity, operator.token);
    await expectAlive(identity, last, true);
    await revoke(identity, child);
    for (const token of [child, assumed, last]) await expectAlive(identity, token, false);
    const headers = signed(identity, pair, assumption, key.securitytoken);
    await send(identity.app, 401, headers, ['POST', '/v3/auth/tokens', assumption]);
    for (const token of [operator.token, sibling]) await expectAlive(identity, token, true);
  });

  for (const end of ['inactive', 'deleted'] as const)
    test(`what was assumed with an access key ends when the key is ${end}`, async () => {
      const identity = await createTestIdentity(await open());
      const { acme, call } = identity;
      const operator = await withAgency(identity);
      const url = '/v3.0/OS-CREDENTIAL/credentials';
      const { credential } = await call<{ credential: { access: string; secret: string } }>(acme, 201, [
        'POST',
        url,
        { credential: { user_id: operator.userId } },
      ]);
      const key = { accessKey: credential.access, secretKey: credential.secret };
      const assumed = await assume(identity, signed(identity, key, assumption));
      const child = await exchange(identity, assumed.token);
      const byPassword = await assume(identity, { 'x-auth-token': operator.token });
      if (end === 'deleted') await call(acme, 204, ['DELETE', `${url}/${credential.access}`]);
      else
        await call(acme, 200, ['PUT', `${url}/${credential.access}`, { credential: { status: 'inactive' } }]);
      for (const token of [assumed.token, child]) await expectAlive(identity, token, false);
      await expectAlive(identity, byPassword.token, true);
      if (end === 'deleted') return;
      await call(acme, 200, ['PUT', `${url}/${credential.access}`, { credential: { status: 'active' } }]);
      await expectAlive(identity, assumed.token, false);
    });

  test("a user's new password ends what was derived in other accounts", async () => {
    const identity = await createTestIdentity(await open());
    const operator = await withAgency(identity);
    const assumed = await assume(identity, { 'x-auth-token': operator.token });
    const child = await exchange(identity, assumed.token);
    await identity.call(identity.acme, 200, [
      'PUT',
      `/v3.0/OS-USER/users/${operator.userId}`,
      { user: { password: 'Other-Horse-2' } },
    ]);
    for (const token of [assumed.token, child]) await expectAlive(identity, token, false);
  });

  test('nothing is derived from what another node has ended', async () => {
    const database = await open();
    const identity = await createTestIdentity(database);
    const other = createHttpApp({ random: systemRandom, log: silentLog });
    await createIam({ ...testIamPorts(identity.clock), database }).register(other);
    const token = await login(identity.app, identity.acme);
    // The other node remembers the token for a second.
    await expectAlive({ ...identity, app: other }, token, true);
    await revoke(identity, token);
    await expectAlive({ ...identity, app: other }, token, true);
    const auth = { identity: { methods: ['token'], token: { id: token } } };
    await send(other, 401, {}, ['POST', '/v3/auth/tokens', { auth }]);
    await send(other, 401, {}, ['POST', temporaryKeys, { auth }]);
  });
});
