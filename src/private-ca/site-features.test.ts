import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify from 'fastify';
import type { Actor } from '../iam/actor.ts';
import type { PrivateCaPorts } from './ports.ts';
import { openSqliteBench } from './private-ca.fixture.ts';
import { siteFeatureRoutes } from './site-features.ts';

const path = '/v1/pca/config/console';
const hsm = { clusterId: 'cluster', accountNames: undefined };
const everything = {
  is_support_eps: true,
  is_support_sm2: true,
  is_support_dhsm: true,
  dhsm_regions: ['cn-north-4'],
  is_support_yearly_monthly_ca: true,
  is_support_iam5: true,
  is_support_ocsp: true,
};

async function featuresOf(ports: Pick<PrivateCaPorts, 'hsm' | 'region' | 'revocation'>): Promise<unknown> {
  const app = Fastify();
  app.addHook('onRequest', async (request) => {
    request.actor = { accountName: 'acme' } as Actor;
  });
  siteFeatureRoutes(ports)(app.withTypeProvider());
  return (await app.inject({ method: 'GET', url: path })).json();
}

const revocation = {} as NonNullable<PrivateCaPorts['revocation']>;
const region = 'cn-north-4';

test('an installation with everything says so', async () => {
  assert.deepEqual(await featuresOf({ hsm, region, revocation }), everything);
  assert.deepEqual(
    await featuresOf({ hsm: { ...hsm, accountNames: ['acme'] }, region, revocation }),
    everything,
  );
});

test('without a cluster, or one that the account may use, there is no region of one', async () => {
  const without = { ...everything, is_support_dhsm: false, dhsm_regions: [] };
  assert.deepEqual(await featuresOf({ region, revocation }), without);
  assert.deepEqual(
    await featuresOf({ hsm: { ...hsm, accountNames: ['globex'] }, region, revocation }),
    without,
  );
});

test('without who answers for CAs there is no OCSP', async () => {
  assert.deepEqual(await featuresOf({ hsm, region }), { ...everything, is_support_ocsp: false });
});

const bench = await openSqliteBench();

test('no permission is needed, and identity is not asked', async () => {
  const answer = await bench.account().send<object>('GET', path);
  assert.deepEqual([answer.status, Object.keys(answer.body)], [200, Object.keys(everything)]);
  assert.deepEqual(bench.asked, []);
});
