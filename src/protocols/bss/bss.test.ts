import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  assertDone,
  assertRefused,
  create,
  details,
  type OrderAnswer,
  orderBody,
  path,
  pendingBody,
  post,
  rootBody,
  subordinateBody,
  usedQuota,
} from '../../private-ca/authorities/authorities.fixture.ts';
import {
  type BenchAccount,
  type BenchOptions,
  benchMigrations,
  openBench,
  openSqliteBench,
} from '../../private-ca/private-ca.fixture.ts';
import { authoritySource, bssErrors, bssRoutes } from '../index.ts';

const options: BenchOptions = {
  further: ({ orders }) => ({
    errors: bssErrors,
    routes: bssRoutes({
      authorities: orders,
      sources: [authoritySource(orders)],
      regionCode: 'cn-north-4',
    }),
  }),
};
const bench = await openSqliteBench(undefined, options);
const dayMs = 86_400_000;
const nobodysId = '00000000-0000-4000-8000-000000000000';
const subscriptions = '/v2/orders/subscriptions/resources';

interface Resource {
  readonly resource_id: string;
  readonly resource_name: string;
  readonly status: number;
  readonly effective_time: string;
  readonly expire_time: string;
  readonly expire_policy: number;
}
interface OrderDetails {
  readonly order_info: Readonly<Record<string, unknown>>;
  readonly order_line_items: Readonly<Record<string, unknown>>[];
}
type Ids = { readonly order_ids: string[] };

async function buy(account: BenchAccount, fields: object = {}): Promise<OrderAnswer> {
  const answer = await account.send<OrderAnswer>('POST', `${path}/order`, { ...orderBody, ...fields });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

async function orderOf(account: BenchAccount, orderId: string): Promise<OrderDetails> {
  const answer = await account.send<OrderDetails>('GET', `/v2/orders/customer-orders/details/${orderId}`);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

async function resources(account: BenchAccount, filter: object = {}) {
  const answer = await account.send<{ total_count: number; data: Resource[] }>(
    'POST',
    '/v2/orders/suscriptions/resources/query',
    filter,
  );
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

async function ordered(account: BenchAccount, call: string, body: object): Promise<string> {
  const answer = await account.send<Ids>('POST', `${subscriptions}/${call}`, body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.equal(answer.body.order_ids.length, 1);
  return answer.body.order_ids[0]!;
}

const unsubscribe = (account: BenchAccount, ...resource_ids: string[]) =>
  ordered(account, 'unsubscribe', { resource_ids, unsubscribe_type: 1 });

async function endOf(account: BenchAccount, caId: string): Promise<string | undefined> {
  return (await resources(account, { resource_ids: [caId] })).data[0]?.expire_time;
}

const activation = {
  type: 'ROOT',
  distinguished_name: rootBody.distinguished_name,
  key_algorithm: 'EC256',
  signature_algorithm: 'SHA256',
  validity: rootBody.validity,
};

describe('[terraform] a yearly/monthly CA', () => {
  test('order, wait for the order and its resource, activate; unsubscribe, then the CA is DELETED', async () => {
    const account = bench.account();
    const bought = await buy(account, { period_type: 3, is_auto_pay: 1, enterprise_project_id: '' });
    const { order_info: order, order_line_items: lines } = await orderOf(account, bought.order_id);
    assert.equal(order.status, 5);
    assert.deepEqual([order.order_type, order.customer_id], [1, account.accountId]);
    assert.equal(order.create_time, '2024-03-15T10:20:30Z');
    assert.deepEqual([lines.length, lines[0]!.expire_time], [1, '2025-03-15T10:20:30Z']);
    const found = await resources(account, { order_id: bought.order_id, only_main_resource: 1 });
    assert.deepEqual([found.total_count, found.data[0]?.resource_id], [1, bought.ca_ids[0]]);
    const caId = bought.ca_ids[0]!;
    assertDone(await post(account, caId, 'activate', activation));
    assert.equal((await details(account, caId)).charging_mode, 0);
    const orderId = await unsubscribe(account, caId);
    const ca = await details(account, caId);
    assert.deepEqual([ca.status, ca.delete_time], ['DELETED', bench.clock.nowMs() + 7 * dayMs]);
    assert.equal((await orderOf(account, orderId)).order_info.order_type, 4);
    const again = { resource_ids: [caId], unsubscribe_type: 1 };
    assertRefused(await account.send('POST', `${subscriptions}/unsubscribe`, again), 400, 'CBC.30000067');
  });

  test('it is activated as ROOT or SUBORDINATE', async () => {
    const account = bench.account();
    const { ca_ids } = await buy(account, { subscription_num: 2 });
    assertDone(await post(account, ca_ids[0]!, 'activate', activation));
    const { distinguished_name } = pendingBody;
    const body = { ...subordinateBody(ca_ids[0]!), distinguished_name };
    assertDone(await post(account, ca_ids[1]!, 'activate', body));
    for (const caId of ca_ids) assert.equal((await details(account, caId)).status, 'ACTIVED');
  });
});

describe('orders', () => {
  test('amounts are those of the operator, zero by default', async () => {
    const free = bench.account();
    const { order_id } = await buy(free);
    assert.equal((await orderOf(free, order_id)).order_info.official_amount, 0);
    const prices = { monthCents: 9_950, yearCents: 100_000, currency: 'EUR' };
    const account = (await openSqliteBench(undefined, { ...options, prices })).account();
    const bought = await buy(account, { subscription_num: 2, period_num: 3 });
    const { order_info, order_line_items } = await orderOf(account, bought.order_id);
    for (const each of [order_info, order_line_items[0]!])
      assert.deepEqual([each.amount_after_discount, each.official_amount, each.currency], [597, 597, 'EUR']);
  });

  test('an order of another account, or of nobody, does not exist (400 CBC.30000010)', async () => {
    const { order_id } = await buy(bench.account());
    for (const id of [order_id, 'CS1'])
      assertRefused(
        await bench.account().send('GET', `/v2/orders/customer-orders/details/${id}`),
        400,
        'CBC.30000010',
      );
  });

  test('lines are paged', async () => {
    const account = bench.account();
    const { order_id } = await buy(account);
    const next = await account.send<OrderDetails>(
      'GET',
      `/v2/orders/customer-orders/details/${order_id}?offset=1&limit=10`,
    );
    assert.deepEqual(next.body.order_line_items, []);
  });
});

describe('yearly/monthly resources', () => {
  test('an empty body, null and [] do not filter; pages do not overlap; pay-per-use CAs are none', async () => {
    const account = bench.account();
    await create(account);
    const { ca_ids } = await buy(account, { subscription_num: 3 });
    const all = await resources(account, { resource_ids: [], order_id: null, status_list: null });
    assert.deepEqual(all.data.map(({ resource_id }) => resource_id).sort(), [...ca_ids].sort());
    assert.equal((await account.send('POST', '/v2/orders/suscriptions/resources/query')).status, 200);
    const pages = await Promise.all(
      [0, 1, 2, 3].map(async (offset) => (await resources(account, { offset, limit: 1 })).data),
    );
    assert.deepEqual(pages.flat(), all.data);
  });

  test('they are found by id in either case, status and service', async () => {
    const account = bench.account();
    const [caId] = (await buy(account)).ca_ids;
    const counted = async (filter: object) => (await resources(account, filter)).total_count;
    assert.equal(await counted({ resource_ids: [caId!.toUpperCase()] }), 1);
    assert.equal(await counted({ resource_ids: [nobodysId] }), 0);
    assert.deepEqual([await counted({ status_list: [2] }), await counted({ status_list: [4] })], [1, 0]);
    assert.equal(await counted({ status_list: [1, 8] }), 0);
    assert.equal(await counted({ service_type_code: 'hws.service.type.ccm' }), 1);
    assert.equal(await counted({ service_type_code: 'hws.service.type.ec2' }), 0);
  });

  test("another account's are not seen, renewed or unsubscribed", async () => {
    const owner = bench.account();
    const { ca_ids: resource_ids, order_id } = await buy(owner);
    const intruder = bench.account();
    assert.equal((await resources(intruder, { resource_ids })).total_count, 0);
    assert.equal((await resources(intruder, { order_id })).total_count, 0);
    const renewal = { resource_ids, period_type: 2, period_num: 1 };
    const before = await resources(owner);
    for (const [call, body, code] of [
      ['unsubscribe', { resource_ids, unsubscribe_type: 1 }, 'CBC.30000067'],
      ['renew', renewal, 'CBC.99003012'],
      [`autorenew/${resource_ids[0]}`, undefined, 'CBC.99003012'],
    ] as const)
      assertRefused(await intruder.send('POST', `${subscriptions}/${call}`, body), 400, code);
    assert.deepEqual(await resources(owner), before);
  });
});

describe('what a request must be (400 CBC.0100)', () => {
  const cases: [string, object][] = [
    ['unsubscribe', { unsubscribe_type: 1 }],
    ['unsubscribe', { resource_ids: [], unsubscribe_type: 1 }],
    ['unsubscribe', { resource_ids: Array.from({ length: 11 }, () => nobodysId), unsubscribe_type: 1 }],
    ['unsubscribe', { resource_ids: [nobodysId], unsubscribe_type: 2 }],
    ['renew', { resource_ids: [nobodysId], period_type: 4, period_num: 1 }],
    ['renew', { resource_ids: [nobodysId], period_type: 2, period_num: 0 }],
  ];
  for (const [call, body] of cases)
    test(`${call} ${JSON.stringify(body).slice(0, 70)}`, async () => {
      assertRefused(await bench.account().send('POST', `${subscriptions}/${call}`, body), 400, 'CBC.0100');
    });

  test('a body that is no JSON', async () => {
    assertRefused(await bench.account().send('POST', `${subscriptions}/unsubscribe`, '{'), 400, 'CBC.0100');
  });
});

describe('who lacks a permission is refused (403 CBC.0151)', () => {
  for (const action of ['bss:unsubscribe:update', 'pca:ca:delete'])
    test(`unsubscribing needs ${action}`, async () => {
      const account = bench.account();
      const { ca_ids: resource_ids } = await buy(account);
      const body = { resource_ids, unsubscribe_type: 1 };
      const answer = await account.without(action).send('POST', `${subscriptions}/unsubscribe`, body);
      assertRefused(answer, 403, 'CBC.0151');
      assert.equal((await details(account, resource_ids[0]!)).status, 'PENDING');
    });

  test('renewing needs bss:renewal:update, looking bss:order:view', async () => {
    const account = bench.account();
    const { ca_ids: resource_ids, order_id } = await buy(account);
    const reader = account.without('bss:renewal:update');
    const renewal = { resource_ids, period_type: 2, period_num: 1 };
    assertRefused(await reader.send('POST', `${subscriptions}/renew`, renewal), 403, 'CBC.0151');
    const auto = `${subscriptions}/autorenew/${resource_ids[0]}`;
    assertRefused(await reader.send('POST', auto), 403, 'CBC.0151');
    assertRefused(await reader.send('DELETE', auto), 403, 'CBC.0151');
    const blind = account.without('bss:order:view');
    const details = `/v2/orders/customer-orders/details/${order_id}`;
    assertRefused(await blind.send('GET', details), 403, 'CBC.0151');
    assertRefused(await blind.send('POST', '/v2/orders/suscriptions/resources/query', {}), 403, 'CBC.0151');
  });
});

describeOnEachDatabase('subscriptions and time', benchMigrations, (open) => {
  const start = async () => {
    const own = await openBench(await open(), options);
    const account = own.account();
    const pass = async (days: number) => {
      own.clock.advance(days * dayMs);
      await own.jobs.runDue();
    };
    return { ...own, account, pass };
  };

  test('without automatic renewal the CA is frozen at the end, and thaws with a renewal that counts from then', async () => {
    const { account, pass } = await start();
    const [caId = ''] = (await buy(account)).ca_ids;
    assertDone(await post(account, caId, 'activate', activation));
    await pass(31);
    assert.equal((await details(account, caId)).freeze_flag, 1);
    assertRefused(await post(account, caId, 'disable'), 403, 'PCA.00030202');
    const { data } = await resources(account);
    assert.deepEqual([data[0]?.status, data[0]?.expire_policy], [4, 4]);
    await pass(10);
    const renewal = { resource_ids: [caId], period_type: 2, period_num: 1 };
    const orderId = await ordered(account, 'renew', renewal);
    assert.equal(await endOf(account, caId), '2024-05-25T10:20:30Z');
    assert.equal((await details(account, caId)).freeze_flag, 0);
    assert.equal((await orderOf(account, orderId)).order_info.order_type, 2);
    assert.equal((await resources(account, { order_id: orderId })).data[0]?.resource_id, caId);
    assertDone(await post(account, caId, 'disable'));
    await pass(31);
    assert.equal((await details(account, caId)).freeze_flag, 1);
    assert.ok((await account.audits()).some(({ action }) => action === 'pca:ca:freeze'));
  });

  test('with automatic renewal it is renewed for the period of its purchase, each time with an order', async () => {
    const { account, pass } = await start();
    const [caId = ''] = (await buy(account, { is_auto_renew: 1 })).ca_ids;
    await pass(31);
    assert.equal(await endOf(account, caId), '2024-05-15T10:20:30Z');
    await pass(30);
    assert.equal(await endOf(account, caId), '2024-06-15T10:20:30Z');
    assert.equal((await details(account, caId)).freeze_flag, 0);
    const renewals = (await account.audits()).filter(({ action }) => action === 'bss:renewal:update');
    assert.equal(renewals.length, 2);
  });

  test('automatic renewal is switched on and off, any number of times', async () => {
    const { account, pass } = await start();
    const [caId = ''] = (await buy(account)).ca_ids;
    const auto = `${subscriptions}/autorenew/${caId}`;
    for (const method of ['POST', 'POST', 'DELETE', 'DELETE', 'POST'] as const)
      assertDone(await account.send(method, auto));
    assert.equal((await resources(account)).data[0]?.expire_policy, 3);
    await pass(31);
    assert.equal((await details(account, caId)).freeze_flag, 0);
    assertDone(await account.send('DELETE', auto));
    await pass(31);
    assert.equal((await details(account, caId)).freeze_flag, 1);
  });

  test('a renewal in time moves the end, whatever was scheduled before', async () => {
    const { account, pass } = await start();
    const [caId = ''] = (await buy(account)).ca_ids;
    await ordered(account, 'renew', { resource_ids: [caId], period_type: 3, period_num: 1 });
    assert.equal(await endOf(account, caId), '2025-04-15T10:20:30Z');
    await pass(31);
    assert.equal((await details(account, caId)).freeze_flag, 0);
  });

  test('unsubscribing removes a PENDING CA at once, with its place in the quota', async () => {
    const { account, pass } = await start();
    const { ca_ids } = await buy(account, { subscription_num: 2 });
    await create(account, { ...pendingBody, ca_id: ca_ids[0] });
    await unsubscribe(account, ...ca_ids);
    assert.equal(await usedQuota(account), 0);
    for (const caId of ca_ids)
      assertRefused(await account.send('GET', `${path}/${caId}`), 404, 'PCA.00030102');
    await pass(40);
    assert.equal((await resources(account)).total_count, 0);
  });

  test('all or none: one that is not subscribed spares the others', async () => {
    const { account } = await start();
    const [caId = ''] = (await buy(account)).ca_ids;
    const body = { resource_ids: [caId, nobodysId], unsubscribe_type: 1 };
    const answer = await account.send('POST', `${subscriptions}/unsubscribe`, body);
    assertRefused(answer, 400, 'CBC.30000067', new RegExp(nobodysId));
    assert.equal((await resources(account)).total_count, 1);
  });

  test('a frozen CA can be unsubscribed; it goes after seven days, with its key', async () => {
    const { account, database, pass } = await start();
    const [caId = ''] = (await buy(account)).ca_ids;
    assertDone(await post(account, caId, 'activate', activation));
    await pass(31);
    await unsubscribe(account, caId);
    await pass(7);
    assertRefused(await account.send('GET', `${path}/${caId}`), 404, 'PCA.00030102');
    assert.equal(await usedQuota(account), 0);
    const keys = await database
      .tables<{ kms_private_keys: { key_id: string } }>()
      .selectFrom('kms_private_keys')
      .select('key_id')
      .execute();
    assert.deepEqual(keys, []);
  });

  test('restored in these seven days it is a pay-per-use CA, which nothing freezes', async () => {
    const { account, pass } = await start();
    const [caId = ''] = (await buy(account)).ca_ids;
    assertDone(await post(account, caId, 'activate', activation));
    await unsubscribe(account, caId);
    assertDone(await post(account, caId, 'restore'));
    assertDone(await post(account, caId, 'enable'));
    await pass(40);
    const ca = await details(account, caId);
    assert.deepEqual([ca.status, ca.charging_mode, ca.freeze_flag], ['ACTIVED', 1, 0]);
  });

  test('a CA that is being deleted is not renewed; brought back after its end it is frozen', async () => {
    const { account, pass } = await start();
    const [caId = ''] = (await buy(account)).ca_ids;
    assertDone(await post(account, caId, 'activate', activation));
    await pass(25);
    assertDone(await post(account, caId, 'disable'));
    assertDone(await account.send('DELETE', `${path}/${caId}?pending_days=30`));
    await pass(10);
    assert.deepEqual((await details(account, caId)).freeze_flag, 0);
    assertDone(await post(account, caId, 'restore'));
    await pass(0);
    assert.equal((await details(account, caId)).freeze_flag, 1);
  });

  test('a deletion that is carried out ends the subscription', async () => {
    const { account, pass } = await start();
    const [caId = ''] = (await buy(account, { is_auto_renew: 1 })).ca_ids;
    assertDone(await post(account, caId, 'activate', activation));
    assertDone(await post(account, caId, 'disable'));
    assertDone(await account.send('DELETE', `${path}/${caId}?pending_days=7`));
    await pass(7);
    assert.equal((await resources(account)).total_count, 0);
    await pass(40);
    assert.equal((await account.audits()).filter(({ action }) => action === 'bss:renewal:update').length, 0);
  });
});
