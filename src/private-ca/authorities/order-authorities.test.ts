import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { knownProject, openSqliteBench, unknownProject } from '../private-ca.fixture.ts';
import type { PrivateCaTables } from '../tables.ts';
import {
  assertDone,
  assertRefused,
  create,
  details,
  type OrderAnswer,
  order,
  orderBody,
  path,
  pendingBody,
  post,
  rootBody,
  subordinateBody,
  usedQuota,
} from './authorities.fixture.ts';

const bench = await openSqliteBench();

async function refused(body: unknown, status: number, code: string, text: RegExp | '' = ''): Promise<void> {
  const account = bench.account();
  assertRefused(await account.send('POST', `${path}/order`, body), status, code, text);
  assert.equal(await usedQuota(account), 0);
}

describe('createCertificateAuthorityOrder', () => {
  test('the response is 200 with order_id and the IDs of the purchased CAs (ca_ids): subscription_num of them', async () => {
    const account = bench.account();
    const body = { ...orderBody, subscription_num: 3, is_auto_pay: 1, promotion_info: '', is_auto_renew: 1 };
    const answer = await account.send<OrderAnswer>('POST', `${path}/order`, body);
    assert.equal(answer.status, 200);
    assert.match(answer.body.order_id, /^CS2403151020[0-9A-Z]{13}$/);
    assert.equal(new Set(answer.body.ca_ids).size, 3);
    assert.equal(await usedQuota(account), 3);
    const stored = await bench.database
      .tables<PrivateCaTables>()
      .selectFrom('certificate_authority_orders')
      .selectAll()
      .where('order_id', '=', answer.body.order_id)
      .executeTakeFirstOrThrow();
    assert.deepEqual(
      [
        stored.account_id,
        stored.period_type,
        stored.period_num,
        stored.is_auto_renew,
        stored.subscription_num,
      ],
      [account.accountId, 2, 1, 1, 3],
    );
  });

  test('[4.2.1.6] a purchased CA is PENDING until it is activated, and shows nothing that is not known', async () => {
    const account = bench.account();
    const ca = await details(account, await order(account));
    assert.deepEqual([ca.status, ca.charging_mode, ca.key_algorithm, ca.path_length], ['PENDING', 0, '', 0]);
    assert.deepEqual(new Set(Object.values(ca.distinguished_name)), new Set([null]));
  });

  test('[terraform] the client uses ca_ids[0], waits for the order to complete and activates the CA', async () => {
    const account = bench.account();
    const { distinguished_name, key_algorithm, signature_algorithm, type, validity } = rootBody;
    const body = { distinguished_name, key_algorithm, signature_algorithm, type, validity };
    const caId = await order(account);
    assertDone(await post(account, caId, 'activate', body));
    assert.equal((await details(account, caId)).status, 'ACTIVED');
  });

  const wrong: [string, object][] = [
    ['cloud_service_type is always hws.service.type.ccm', { cloud_service_type: 'hws.service.type.ecs' }],
    ['also in each product', { product_infos: [{ ...orderBody.product_infos[0], cloud_service_type: 'x' }] }],
    ['charging_mode is 0 (yearly/monthly)', { charging_mode: 1 }],
    ['period_type is 2 (month) or 3 (year)', { period_type: 1 }],
    ['period_num is the number of periods', { period_num: 0 }],
    ['is_auto_renew is 1 (yes) or 0 (no)', { is_auto_renew: 2 }],
    ['is_auto_renew is mandatory', { is_auto_renew: undefined }],
    ['is_auto_pay is 1 or 0', { is_auto_pay: true }],
    ['subscription_num is the number of CAs to purchase', { subscription_num: 0 }],
    ['product_infos names the product: at least one', { product_infos: [] }],
    ['at most ten', { product_infos: Array.from({ length: 11 }, () => orderBody.product_infos[0]) }],
    [
      'resource_type hws.resource.type.pca.duration',
      { product_infos: [{ ...orderBody.product_infos[0], resource_type: 'x' }] },
    ],
    [
      'resource_spec_code ca.duration',
      { product_infos: [{ ...orderBody.product_infos[0], resource_spec_code: 'x' }] },
    ],
  ];
  for (const [rule, fields] of wrong) {
    test(`${rule}: ${JSON.stringify(fields).slice(0, 60)} is refused`, () =>
      refused({ ...orderBody, ...fields }, 400, 'PCA.00020001', new RegExp(Object.keys(fields)[0]!)));
  }

  test('period_type 3 and is_auto_pay absent are fine', async () => {
    const answer = await bench.account().send('POST', `${path}/order`, { ...orderBody, period_type: 3 });
    assert.equal(answer.status, 200);
  });

  test('an empty enterprise_project_id is an absent one; one of the account is kept; an unknown one is refused', async () => {
    const account = bench.account();
    const projectOf = async (enterprise_project_id: string) => {
      const answer = await account.send<OrderAnswer>('POST', `${path}/order`, {
        ...orderBody,
        enterprise_project_id,
      });
      return (await details(account, answer.body.ca_ids[0]!)).enterprise_project_id;
    };
    assert.deepEqual([await projectOf(''), await projectOf(knownProject)], ['0', knownProject]);
    await refused({ ...orderBody, enterprise_project_id: unknownProject }, 400, 'PCA.00020001', /enterprise/);
  });

  test('the quota holds for orders (403 PCA.00030001)', () =>
    refused({ ...orderBody, subscription_num: 101 }, 403, 'PCA.00030001', /0 of 100/));

  test('who lacks the permission is refused (401 PCA.00010004)', async () => {
    const answer = await bench.account().without('pca:ca:create').send('POST', `${path}/order`, orderBody);
    assertRefused(answer, 401, 'PCA.00010004');
  });
});

describe('createCertificateAuthority with ca_id not empty: the information of a yearly/monthly CA is saved', () => {
  test('a root CA is complete then, with the id of the order', async () => {
    const account = bench.account();
    const caId = await order(account);
    assert.equal(await create(account, { ...rootBody, ca_id: caId }), caId);
    const ca = await details(account, caId);
    assert.deepEqual([ca.type, ca.status, ca.charging_mode, ca.path_length], ['ROOT', 'ACTIVED', 0, 7]);
    assert.equal(await usedQuota(account), 1);
  });

  test('a subordinate CA too, if its issuer, hash and validity are given', async () => {
    const account = bench.account();
    const issuerId = await create(account);
    const caId = await order(account);
    await create(account, { ...subordinateBody(issuerId), ca_id: caId.toUpperCase() });
    const ca = await details(account, caId);
    assert.deepEqual([ca.status, ca.charging_mode, ca.issuer_id], ['ACTIVED', 0, issuerId]);
  });

  test('otherwise it stays PENDING with its information, for its CSR or its activation', async () => {
    const account = bench.account();
    const issuer_id = await create(account);
    const caId = await order(account);
    await create(account, { ...pendingBody, ca_id: caId });
    const ca = await details(account, caId);
    assert.deepEqual([ca.status, ca.distinguished_name.common_name], ['PENDING', 'Test CA']);
    assert.equal((await account.send('GET', `${path}/${caId}/csr`)).status, 200);
    const body = { issuer_id, signature_algorithm: 'SHA256', validity: { type: 'YEAR', value: 1 } };
    assertDone(await post(account, caId, 'activate', body));
    assert.equal((await details(account, caId)).charging_mode, 0);
  });

  test('it is saved once (403 PCA.00030201), also by two requests at the same time', async () => {
    const account = bench.account();
    const caId = await order(account);
    const body = { ...pendingBody, ca_id: caId };
    const answers = await Promise.all([1, 2, 3].map(() => account.send('POST', path, body)));
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 403, 403]);
    assertRefused(await account.send('POST', path, body), 403, 'PCA.00030201', /saved already/);
    assertRefused(
      await account.send('POST', path, { ...body, ca_id: await create(account) }),
      403,
      'PCA.00030201',
    );
  });

  test('an unknown ca_id, and one of another account, is not found (404 PCA.00030102); another form is refused (400 PCA.00020201)', async () => {
    const account = bench.account();
    const ca_id = await order(bench.account());
    assertRefused(await account.send('POST', path, { ...rootBody, ca_id }), 404, 'PCA.00030102', /ca_id/);
    assertRefused(
      await account.send('POST', path, { ...rootBody, ca_id: '1' }),
      400,
      'PCA.00020201',
      /ca_id/,
    );
  });

  test('a purchased CA that is not wanted is deleted at once and frees its place in the quota', async () => {
    const account = bench.account();
    assertDone(await account.send('DELETE', `${path}/${await order(account)}`));
    assert.equal(await usedQuota(account), 0);
  });
});
