import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../test/support/databases.ts';
import {
  createTestIdentity,
  type TestIdentity,
  type TestRequest,
  type TestUser,
  testStartMs,
} from '../../test/support/identity.ts';
import type { Identity } from '../iam/identity.ts';
import { migrations as iamMigrations } from '../iam/index.ts';
import { createJobs, type Jobs } from '../jobs/index.ts';
import { createKeyStore, openMasterKey } from '../kms/index.ts';
import { FixedClock } from '../platform/clock.ts';
import type { Database } from '../platform/db/index.ts';
import { registerApi } from '../platform/http/index.ts';
import { silentLog } from '../platform/log.ts';
import { systemRandom } from '../platform/random.ts';
import {
  orderBody,
  path,
  pendingBody,
  rootBody,
  subordinateBody,
} from './authorities/authorities.fixture.ts';
import type { AuthorityResponse } from './authorities/authority-presentation.ts';
import { apiErrors, createPrivateCa } from './index.ts';
import { type ApiError, benchMigrations } from './private-ca.fixture.ts';
import type { PrivateCaTables } from './tables.ts';

const dayMs = 86_400_000;
const quotas = { CERTIFICATE_AUTHORITY: 10, CERTIFICATE: 10 };

interface Installation {
  readonly identity: TestIdentity;
  readonly clock: FixedClock;
  readonly jobs: Jobs;
  /** Makes every change fail after all else in its transaction was written. */
  failAudits(fail: boolean): void;
  answer<Body>(user: TestUser, status: number, ...request: TestRequest): Promise<Body>;
  create(user: TestUser, body?: object): Promise<string>;
  details(user: TestUser, caId: string): Promise<AuthorityResponse>;
  statuses(user: TestUser, requests: readonly TestRequest[]): Promise<number[]>;
}

/** The capability with the real identity, key store and jobs. */
async function install(database: Database): Promise<Installation> {
  const clock = new FixedClock(testStartMs);
  const common = { database, clock, random: systemRandom, log: silentLog };
  const source = {
    kind: 'environment',
    name: 'KEY',
    base64: Buffer.alloc(32, 7).toString('base64'),
  } as const;
  const keyStore = createKeyStore({ ...common, masterKey: await openMasterKey({ ...common, source }) });
  const jobs = createJobs(common);
  let auditsFail = false;
  const identity = await createTestIdentity(database, async (app, iam) => {
    const failing: Identity = {
      ...iam.identity,
      async recordAudit(...event) {
        await iam.identity.recordAudit(...event);
        if (auditsFail) throw new Error('the disk is full');
      },
    };
    const privateCa = createPrivateCa({ ...common, identity: failing, keyStore, jobs, quotas });
    for (const [kind, handler] of Object.entries(privateCa.jobHandlers)) jobs.handle(kind, handler);
    const authenticate = iam.authenticate(apiErrors.tokenFault);
    await registerApi(app, { ...apiErrors, authenticate, log: silentLog }, privateCa.routes);
  });
  const answer: Installation['answer'] = (user, status, ...request) => identity.call(user, status, request);
  return {
    identity,
    clock,
    jobs,
    answer,
    failAudits: (fail) => {
      auditsFail = fail;
    },
    create: async (user, body = rootBody) =>
      (await answer<{ ca_id: string }>(user, 200, 'POST', path, body)).ca_id,
    details: (user, caId) => answer(user, 200, 'GET', `${path}/${caId}`),
    statuses: async (user, requests) => {
      const answers = requests.map(([method, url, payload]) =>
        identity.app.inject({
          method,
          url,
          headers: { 'x-auth-token': user.token },
          ...(payload === undefined ? {} : { payload }),
        }),
      );
      return (await Promise.all(answers)).map((each) => each.statusCode).sort();
    },
  };
}

/** How many rows an account has, of each kind that a CA leaves. */
async function rowsOf(database: Database, accountId: string): Promise<Record<string, number>> {
  const tables = database.tables<PrivateCaTables & { kms_private_keys: { account_id: string } }>();
  const count = async (table: 'certificate_authorities' | 'kms_private_keys') =>
    (await tables.selectFrom(table).select('account_id').where('account_id', '=', accountId).execute())
      .length;
  const serials = await tables
    .selectFrom('issued_serials')
    .innerJoin('certificate_authorities', 'ca_id', 'issued_serials.issuer_id')
    .select('subject_id')
    .where('account_id', '=', accountId)
    .execute();
  const used = await tables
    .selectFrom('pca_quotas')
    .select('used')
    .where('account_id', '=', accountId)
    .execute();
  return {
    authorities: await count('certificate_authorities'),
    keys: await count('kms_private_keys'),
    serials: serials.length,
    quota: used.reduce((sum, row) => sum + row.used, 0),
  };
}

/** Every operation on one CA, with what it needs to get as far as the CA. */
function operationsOn(caId: string): TestRequest[] {
  const member = `${path}/${caId}`;
  const validity = { type: 'YEAR', value: 1 };
  return [
    ['GET', member],
    ['DELETE', member],
    ['GET', `${member}/csr`],
    ['POST', `${member}/export`],
    ['POST', `${member}/disable`],
    ['POST', `${member}/enable`],
    ['POST', `${member}/restore`],
    ['POST', `${member}/revoke`, {}],
    ['POST', `${member}/import`, { certificate: 'x' }],
    ['POST', `${member}/activate`, { signature_algorithm: 'SHA256', validity }],
    ['POST', path, { ...rootBody, ca_id: caId }],
  ];
}

describeOnEachDatabase('private CA with real identity', { ...iamMigrations, ...benchMigrations }, (open) => {
  test('the life of a hierarchy, from its root to its deletion', async () => {
    const database = await open();
    const { answer, clock, create, details, identity, jobs } = await install(database);
    const { acme } = identity;
    const rootId = await create(acme);
    const caId = await create(acme, pendingBody);
    const activation = {
      issuer_id: rootId,
      signature_algorithm: 'SHA256',
      validity: { type: 'YEAR', value: 1 },
    };
    await answer(acme, 204, 'POST', `${path}/${caId}/activate`, activation);
    assert.equal((await details(acme, caId)).issuer_id, rootId);
    const { certificate_chain } = await answer<{ certificate_chain: string }>(
      acme,
      200,
      'POST',
      `${path}/${caId}/export`,
    );
    assert.match(certificate_chain, /^-----BEGIN CERTIFICATE-----/);
    await answer(acme, 204, 'POST', `${path}/${caId}/revoke`, { reason: 'SUPERSEDED' });
    await answer(acme, 204, 'DELETE', `${path}/${caId}?pending_days=7`);
    await answer(acme, 204, 'POST', `${path}/${caId}/restore`);
    await answer(acme, 204, 'DELETE', `${path}/${caId}?pending_days=8`);
    clock.advance(8 * dayMs);
    await jobs.runDue();
    await answer<ApiError>(acme, 404, 'GET', `${path}/${caId}`);
    const { accountId } = acme.account;
    assert.deepEqual(await rowsOf(database, accountId), { authorities: 2, keys: 1, serials: 2, quota: 1 });
    const list = await answer<{ total: number; certificate_authorities: { ca_id: string }[] }>(
      acme,
      200,
      'GET',
      path,
    );
    assert.deepEqual([list.total, list.certificate_authorities.map((ca) => ca.ca_id)], [1, [rootId]]);
  });

  test('lists are filtered and sorted alike on every engine', async () => {
    const { answer, create, identity } = await install(await open());
    const { acme } = identity;
    const named = (common_name: string) => ({
      distinguished_name: { ...rootBody.distinguished_name, common_name },
    });
    for (const name of ['b', 'B', 'a b', '中', '_']) await create(acme, { ...rootBody, ...named(name) });
    await answer(acme, 200, 'POST', `${path}/order`, orderBody);
    const names = async (query: string) => {
      const { certificate_authorities: found } = await answer<{
        certificate_authorities: AuthorityResponse[];
      }>(acme, 200, 'GET', `${path}?${query}`);
      return found.map((ca) => ca.distinguished_name.common_name);
    };
    assert.deepEqual(await names('sort_key=common_name&sort_dir=ASC'), [null, 'B', '_', 'a b', 'b', '中']);
    assert.deepEqual(await names('name=b&sort_key=common_name'), ['b', 'a b']);
    assert.deepEqual(await names('name=_'), ['_']);
    assert.deepEqual(await names('status=PENDING'), [null]);
    assert.equal((await names('status=ACTIVED&sort_key=not_after')).length, 5);
    assert.equal((await names('sort_key=not_after&sort_dir=ASC'))[0], null);
    assert.equal((await names('type=ROOT&limit=2&offset=4')).length, 1);
    assert.deepEqual(await names('status=EXPIRED'), []);
  });

  test('no operation of another account finds a CA', async () => {
    const { answer, create, details, identity } = await install(await open());
    const { acme, globex } = identity;
    const caId = await create(acme);
    const before = await details(acme, caId);
    for (const request of operationsOn(caId)) {
      const { error_code } = await answer<ApiError>(globex, 404, ...request);
      assert.equal(error_code, 'PCA.00030102', request.join(' '));
    }
    const issued = await answer<ApiError>(globex, 404, 'POST', path, subordinateBody(caId));
    assert.equal(issued.error_code, 'PCA.00030103');
    assert.deepEqual(await answer(globex, 200, 'GET', path), { total: 0, certificate_authorities: [] });
    assert.deepEqual(await details(acme, caId), before);
  });

  test('a user without a policy is refused everything, whether the CA exists or not', async () => {
    const { answer, create, identity } = await install(await open());
    const nobody = await identity.addUser(identity.acme, 'nobody', []);
    const caId = await create(identity.acme);
    const requests: TestRequest[] = [
      ...operationsOn(caId),
      ['GET', `${path}/00000000-0000-0000-0000-000000000000`],
      ['GET', path],
      ['GET', `${path}/quotas`],
      ['POST', path, rootBody],
      ['POST', `${path}/order`, orderBody],
    ];
    for (const request of requests) {
      const { error_code } = await answer<ApiError>(nobody, 401, ...request);
      assert.equal(error_code, 'PCA.00010004', request.join(' '));
    }
  });

  test('a policy may name the CA that it is about, and an alias of the action', async () => {
    const { answer, create, identity } = await install(await open());
    const { acme } = identity;
    const [mine, other] = [await create(acme, pendingBody), await create(acme, pendingBody)];
    const issuer_id = await create(acme);
    const policy = {
      Version: '5.0',
      Statement: [{ Effect: 'Allow', Action: ['pca:ca:active'], Resource: [`pca:*:*:ca:${mine}`] }],
    };
    const activator = await identity.addUser(acme, 'activator', [policy]);
    const body = { issuer_id, signature_algorithm: 'SHA256', validity: { type: 'YEAR', value: 1 } };
    await answer(activator, 401, 'POST', `${path}/${other}/activate`, body);
    await answer(activator, 204, 'POST', `${path}/${mine}/activate`, body);
    await answer(activator, 401, 'GET', `${path}/${mine}`);
  });

  test('a missing or wrong token is 401 PCA.00010001', async () => {
    const { identity } = await install(await open());
    for (const headers of [{}, { 'x-auth-token': 'nonsense' }]) {
      const response = await identity.app.inject({ method: 'GET', url: path, headers });
      assert.deepEqual([response.statusCode, response.json<ApiError>().error_code], [401, 'PCA.00010001']);
    }
  });

  test('what fails before its commit leaves nothing', async () => {
    const database = await open();
    const { answer, create, details, failAudits, identity } = await install(database);
    const { acme } = identity;
    const rootId = await create(acme);
    const pendingId = await create(acme, pendingBody);
    const before = await rowsOf(database, acme.account.accountId);
    const seen = [await details(acme, rootId), await details(acme, pendingId)];
    failAudits(true);
    const requests: TestRequest[] = [
      ['POST', path, rootBody],
      ['POST', path, subordinateBody(rootId)],
      ['POST', `${path}/order`, orderBody],
      ['POST', `${path}/${pendingId}/activate`, { ...subordinateBody(rootId) }],
      ['DELETE', `${path}/${pendingId}`],
      ['POST', `${path}/${rootId}/disable`],
    ];
    for (const request of requests) {
      const { error_code, error_msg } = await answer<ApiError>(acme, 500, ...request);
      assert.equal(error_code, 'PCA.00000001', request.join(' '));
      assert.doesNotMatch(error_msg, /disk/);
    }
    failAudits(false);
    assert.deepEqual(await rowsOf(database, acme.account.accountId), before);
    assert.deepEqual([await details(acme, rootId), await details(acme, pendingId)], seen);
  });

  test('of the same change at the same time one succeeds', async () => {
    const { create, details, identity, statuses } = await install(await open());
    const { acme } = identity;
    const rootId = await create(acme, { ...rootBody, key_usages: [] });
    const caId = await create(acme, subordinateBody(rootId));
    const three = (...request: TestRequest): TestRequest[] => [request, request, request];
    const member = `${path}/${caId}`;
    assert.deepEqual(await statuses(acme, three('POST', `${member}/disable`)), [204, 403, 403]);
    const race: TestRequest[] = [
      ['POST', `${member}/enable`],
      ['POST', `${member}/revoke`, {}],
      ['DELETE', member],
    ];
    assert.ok((await statuses(acme, race)).includes(204));
    const { status } = await details(acme, caId);
    if (status === 'ACTIVED')
      assert.deepEqual(await statuses(acme, [['POST', `${member}/revoke`, {}]]), [204]);
    else if (status === 'DELETED')
      assert.deepEqual(await statuses(acme, three('POST', `${member}/restore`)), [204, 403, 403]);
    const pending = await create(acme, pendingBody);
    const gone = await statuses(acme, three('DELETE', `${path}/${pending}`));
    assert.equal(gone.filter((each) => each === 204).length, 1, gone.join());
  });

  test('as many CAs as the quota has places, however many are asked for at once', async () => {
    const database = await open();
    const { identity, statuses } = await install(database);
    const { acme } = identity;
    const requests = Array.from({ length: 14 }, (): TestRequest => ['POST', path, rootBody]);
    const answers = await statuses(acme, requests);
    assert.equal(answers.filter((status) => status === 200).length, 10);
    assert.equal(answers.filter((status) => status === 403).length, 4);
    const rows = await rowsOf(database, acme.account.accountId);
    assert.deepEqual(rows, { authorities: 10, keys: 10, serials: 10, quota: 10 });
  });
});
