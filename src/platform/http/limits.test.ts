import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { FixedClock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import { silentLog } from '../log.ts';
import { systemRandom } from '../random.ts';
import { BodyBudget } from './body-budget.ts';
import { createHttpApp, defaultLimits, HttpLimits, type LimitSettings, registerApi } from './index.ts';
import type { LimitReason } from './limits.ts';
import { RateLimit } from './rate-limit.ts';

const definition = { status: 401, code: 'PCA.00010004', message: 'Refused.' };

interface TestApp {
  readonly app: FastifyInstance;
  readonly clock: FixedClock;
  readonly refusals: LimitReason[];
}

async function start(settings: Partial<LimitSettings>): Promise<TestApp> {
  const clock = new FixedClock(0);
  const refusals: LimitReason[] = [];
  const limits = new HttpLimits({ ...defaultLimits, ...settings }, clock, (reason) => refusals.push(reason));
  const app = createHttpApp({ random: systemRandom, log: silentLog, limits });
  const common = {
    accessDenied: () => new ServiceError('pca', definition),
    unknownError: { ...definition, status: 500 },
    invalid: () => new ServiceError('pca', definition),
    log: silentLog,
  } as const;
  const authenticate: Parameters<typeof registerApi>[1]['authenticate'] = async (request) => {
    const [account, principal] = String(request.headers['x-auth-token'] ?? '').split('/');
    if (!account || !principal) throw new ServiceError('pca', definition);
    request.caller = { account, principal };
  };
  for (const dialect of ['pca', 'kms'] as const)
    await registerApi(app, { ...common, dialect, authenticate }, (api) => {
      api.get(`/${dialect}/things`, async () => ({}));
    });
  await registerApi(app, { ...common, dialect: 'iam' }, (api) => {
    api.post('/login', async (request, reply) => reply.code(request.headers.password ? 201 : 401).send({}));
  });
  await registerApi(app, { ...common, dialect: 'gateway', isPublic: true }, (api) => {
    api.get('/public', async () => ({}));
  });
  return { app, clock, refusals };
}

/** The statuses of so many requests one after the other. */
async function statuses(app: FastifyInstance, count: number, request: object): Promise<string> {
  const found: number[] = [];
  for (let index = 0; index < count; index += 1) found.push((await app.inject(request)).statusCode);
  return found.join(' ');
}

const good = { url: '/pca/things', headers: { 'x-auth-token': 'a/u' } };

describe('the rate of a source', () => {
  test('counts what has no valid credentials, and nothing else', async () => {
    const { app, refusals } = await start({ strangersPerSecond: 2 });
    assert.equal(await statuses(app, 3, good), '200 200 200');
    const login = { method: 'POST', url: '/login', headers: { password: 'right' } };
    assert.equal(await statuses(app, 6, login), '201 201 201 201 201 201');
    assert.equal(await statuses(app, 1, { url: '/pca/things' }), '401');
    assert.equal(await statuses(app, 1, { method: 'POST', url: '/login' }), '401');
    assert.equal(await statuses(app, 1, { url: '/nowhere' }), '404');
    assert.equal(await statuses(app, 2, { url: '/kms/things' }), '401 429');
    assert.equal(await statuses(app, 1, { url: '/nowhere' }), '429');
    assert.equal(await statuses(app, 1, login), '429');
    assert.deepEqual(new Set(refusals), new Set(['stranger-rate']));
    // Others behind the same address go on.
    assert.equal(await statuses(app, 2, good), '200 200');
    assert.equal(await statuses(app, 5, { url: '/public' }), '200 200 200 200 200');
    const elsewhere = { url: '/pca/things', remoteAddress: '192.0.2.1' };
    assert.equal(await statuses(app, 1, elsewhere), '401');
  });

  test('tells when to come back, and keeps its word', async () => {
    const { app, clock } = await start({ strangersPerSecond: 1 });
    assert.equal(await statuses(app, 2, { url: '/pca/things' }), '401 401');
    const refused = await app.inject('/pca/things');
    assert.deepEqual([refused.statusCode, refused.headers['retry-after']], [429, '1']);
    assert.partialDeepStrictEqual(refused.json(), { error_code: 'APIGW.0308' });
    clock.advance(1_000);
    assert.equal(await statuses(app, 2, { url: '/pca/things' }), '401 429');
    clock.advance(3_600_000);
    assert.equal(await statuses(app, 3, { url: '/pca/things' }), '401 401 429');
  });
});

describe('the rate of a caller', () => {
  test('is its own, over all services', async () => {
    const { app, clock, refusals } = await start({ principalPerSecond: 1 });
    assert.equal(await statuses(app, 2, good), '200 200');
    const kms = { url: '/kms/things', headers: good.headers };
    const refused = await app.inject(kms);
    assert.deepEqual([refused.statusCode, refused.headers['retry-after']], [429, '1']);
    assert.match(refused.json().error_msg, /of this user; try again in 1 s/);
    assert.deepEqual(refusals, ['principal-rate']);
    assert.equal(await statuses(app, 1, { ...kms, headers: { 'x-auth-token': 'a/v' } }), '200');
    clock.advance(1_000);
    assert.equal(await statuses(app, 2, kms), '200 429');
  });

  test('is also that of its account at each service', async () => {
    const { app, refusals } = await start({ servicePerSecond: 1 });
    const other = { ...good, headers: { 'x-auth-token': 'a/v' } };
    assert.equal(await statuses(app, 1, good), '200');
    assert.equal(await statuses(app, 2, other), '200 429');
    assert.deepEqual(refusals, ['service-rate']);
    assert.equal(await statuses(app, 1, { ...other, url: '/kms/things' }), '200');
    assert.equal(await statuses(app, 1, { ...good, headers: { 'x-auth-token': 'b/u' } }), '200');
  });
});

describe('limits', () => {
  test('forget the sources that were not seen for longest', () => {
    const limit = new RateLimit(new FixedClock(0), 1);
    assert.deepEqual([limit.take('first'), limit.take('first'), limit.take('first')], [0, 0, 1]);
    for (let index = 0; index < 20_000; index += 1) limit.take(`source ${index}`);
    assert.equal(limit.take('first'), 0);
  });

  test('share the room for bodies: no source has all of it', () => {
    const budget = new BodyBudget(100, 40);
    assert.deepEqual([budget.take('a', 40), budget.take('a', 1)], [true, false]);
    assert.deepEqual([budget.take('b', 40), budget.take('c', 21), budget.take('c', 20)], [true, false, true]);
    assert.equal(budget.bytes, 100);
    budget.release('a', 40);
    assert.deepEqual([budget.take('c', 20), budget.bytes], [true, 80]);
  });
});
