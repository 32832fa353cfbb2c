import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ApiError, injectedAccounts } from '../../../test/support/injected-accounts.ts';
import { createHttpApp, registerApi } from '../../platform/http/index.ts';
import type { AuthorityOrders } from '../../private-ca/index.ts';
import {
  assertRefused,
  certificatesPath,
  detailsOf,
} from '../../ssl-certificates/certificates/imports.fixture.ts';
import { store } from '../../ssl-certificates/certificates/stored.fixture.ts';
import { createSslCertificates } from '../../ssl-certificates/index.ts';
import { buy, everyIssuer, paid, product } from '../../ssl-certificates/orders/orders.fixture.ts';
import { openSqliteBench, testNowMs } from '../../ssl-certificates/ssl-certificates.fixture.ts';
import { authoritySource, bssErrors, bssRoutes, certificateSource } from '../index.ts';

const bench = await openSqliteBench({ issuers: everyIssuer });

/** An account that has bought no CAs. */
const noAuthorities: AuthorityOrders = {
  find: async () => undefined,
  query: async () => ({ total: 0, subscriptions: [] }),
  renew: () => Promise.reject(new Error('nothing is renewed here')),
  switchAutoRenewal: () => Promise.reject(new Error('nothing is renewed here')),
  unsubscribe: () => Promise.reject(new Error('nothing is unsubscribed here')),
};

const { random, log } = bench.ports;
const app = createHttpApp({ random, log });
const billing = injectedAccounts(app, random);
const routes = bssRoutes({
  authorities: noAuthorities,
  sources: [certificateSource(createSslCertificates(bench.ports).orders), authoritySource(noAuthorities)],
  regionCode: 'cn-north-4',
});
await registerApi(app, { ...bssErrors, authenticate: billing.authenticate, log }, routes);

interface OrderDetails {
  readonly total_count: number;
  readonly order_info: Readonly<Record<string, unknown>>;
  readonly order_line_items: readonly Readonly<Record<string, unknown>>[];
}
interface Resources {
  readonly total_count: number;
  readonly data: readonly Readonly<Record<string, unknown>>[];
}

/** The same account at both services. */
function twoSides() {
  const account = bench.account();
  return { account, bill: billing.account(account.accountId) };
}
type Bill = ReturnType<typeof twoSides>['bill'];

async function orderOf(bill: Bill, orderId: string): Promise<OrderDetails> {
  const answer = await bill.send<OrderDetails>('GET', `/v2/orders/customer-orders/details/${orderId}`);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

async function resources(bill: Bill, filter: object = {}): Promise<Resources> {
  const answer = await bill.send<Resources>('POST', '/v2/orders/suscriptions/resources/query', filter);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

const pay = (bill: Bill, order_id: string, version = 'v3') =>
  bill.send('POST', `/${version}/orders/customer-orders/pay`, {
    order_id,
    use_coupon: 'NO',
    use_discount: 'NO',
  });

const unsubscribe = (bill: Bill, ...resource_ids: string[]) =>
  bill.send<ApiError & { readonly order_ids: readonly string[] }>(
    'POST',
    '/v2/orders/subscriptions/resources/unsubscribe',
    {
      resource_ids,
      unsubscribe_type: 1,
    },
  );

describe('an order of certificates', () => {
  test('waits for payment, is paid by either version of the call, once, and has its certificates then', async () => {
    for (const version of ['v2', 'v3']) {
      const { account, bill } = twoSides();
      const { order_id, cert } = await buy(account, { ...product, order_number: 2 });
      const waiting = await orderOf(bill, order_id);
      assert.deepEqual(
        [waiting.order_info.status, waiting.order_info.payment_time, waiting.order_info.order_type],
        [6, null, 1],
      );
      assert.equal((await resources(bill, { order_id })).total_count, 0);
      const answer = await pay(bill, order_id, version);
      assert.deepEqual([answer.status, answer.bytes.length], [204, 0]);
      assert.equal((await detailsOf(account, cert[0]!.cert_id)).status, 'PAID');
      const { order_info, order_line_items } = await orderOf(bill, order_id);
      assert.deepEqual([order_info.status, order_info.payment_time], [5, '2024-03-15T10:20:30Z']);
      assert.deepEqual(order_line_items[0], {
        order_line_item_id: `${order_id}-000001`,
        service_type_code: 'hws.service.type.scm',
        product_spec_desc: 'GEOTRUST OV_SSL_CERT',
        period_type: 3,
        period_num: 1,
        subscription_num: 2,
        effective_time: '2024-03-15T10:20:30Z',
        expire_time: '2025-03-15T10:20:30Z',
        amount_after_discount: 0,
        official_amount: 0,
        currency: 'CNY',
      });
      assertRefused(await pay(bill, order_id), 400, 'CBC.99003106');
    }
  });

  test('has a line for each purchase that was added to it', async () => {
    const { account, bill } = twoSides();
    const { order_id } = await buy(account, product);
    const free = { ...paid, order_id, cert_type: 'DV_SSL_CERT_BASIC', effective_time: 0 };
    await buy(account, free);
    const { total_count, order_line_items: lines } = await orderOf(bill, order_id);
    assert.equal(total_count, 2);
    assert.deepEqual(
      lines.map(({ period_type, period_num }) => [period_type, period_num]),
      [
        [3, 1],
        [2, 3],
      ],
    );
    const url = `/v2/orders/customer-orders/details/${order_id}?offset=1&limit=1`;
    const page = await bill.send<OrderDetails>('GET', url);
    assert.deepEqual(page.body.order_line_items, [lines[1]]);
  });

  test('one of nobody or of another account does not exist (400 CBC.30000010)', async () => {
    const { order_id } = await buy(bench.account(), product);
    const { bill } = twoSides();
    for (const id of [order_id, 'CS1']) {
      assertRefused(await pay(bill, id), 400, 'CBC.30000010');
      assertRefused(await bill.send('GET', `/v2/orders/customer-orders/details/${id}`), 400, 'CBC.30000010');
    }
  });

  test('more free certificates than an account may have are not paid (400 CBC.99003141)', async () => {
    const { account, bill } = twoSides();
    const { order_id } = await buy(account, { ...product, cert_type: 'DV_SSL_CERT_BASIC', order_number: 21 });
    assertRefused(await pay(bill, order_id), 400, 'CBC.99003141');
    assert.equal((await orderOf(bill, order_id)).order_info.status, 6);
  });

  test('paying needs bss:order:pay, looking bss:order:view (403 CBC.0151)', async () => {
    const { account, bill } = twoSides();
    const { order_id } = await buy(account, product);
    assertRefused(await pay(bill.without('bss:order:pay'), order_id), 403, 'CBC.0151');
    const blind = bill.without('bss:order:view');
    const details = `/v2/orders/customer-orders/details/${order_id}`;
    assertRefused(await blind.send('GET', details), 403, 'CBC.0151');
    assertRefused(await blind.send('POST', '/v2/orders/suscriptions/resources/query', {}), 403, 'CBC.0151');
  });

  test('what a request must be (400 CBC.0100)', async () => {
    const { bill } = twoSides();
    assertRefused(await bill.send('POST', '/v3/orders/customer-orders/pay', {}), 400, 'CBC.0100');
    assertRefused(await unsubscribe(bill, 'scs1710498030456', 'another'), 400, 'CBC.0100', /one service/);
  });
});

describe('certificates as resources', () => {
  test('those that were bought and exist, by id, order, status and service, in pages', async () => {
    const { account, bill } = twoSides();
    await store(bench, account.accountId, { status: 'UPLOAD', not_after: testNowMs + 1 });
    const { order_id, cert } = await buy(account, { ...paid, order_number: 3 });
    const [first] = cert.map(({ cert_id }) => cert_id);
    const all = await resources(bill);
    assert.equal(all.total_count, 3);
    const { resource_id, service_type_code, status, effective_time, expire_time, expire_policy } =
      all.data[0]!;
    assert.deepEqual(
      { resource_id, service_type_code, status, effective_time, expire_time, expire_policy },
      {
        resource_id: first,
        service_type_code: 'hws.service.type.scm',
        status: 2,
        effective_time: '2024-03-15T10:20:30Z',
        expire_time: '2025-03-15T10:20:30Z',
        expire_policy: 4,
      },
    );
    const counted = async (filter: object) => (await resources(bill, filter)).total_count;
    assert.equal(await counted({ order_id }), 3);
    assert.equal(await counted({ resource_ids: [first, 'scs0000000000000'] }), 1);
    assert.deepEqual([await counted({ status_list: [2] }), await counted({ status_list: [4] })], [3, 0]);
    assert.equal(await counted({ service_type_code: 'hws.service.type.scm' }), 3);
    assert.equal(await counted({ service_type_code: 'hws.service.type.ccm' }), 0);
    const pages = await Promise.all(
      [0, 1, 2, 3].map(async (offset) => (await resources(bill, { offset, limit: 1 })).data),
    );
    assert.deepEqual(pages.flat(), all.data);
    assert.equal((await resources(billing.account(), { order_id })).total_count, 0);
  });

  test('one that was issued ends with its certificate', async () => {
    const { account, bill } = twoSides();
    const ends = Date.UTC(2024, 5, 1);
    await store(bench, account.accountId, { status: 'ISSUED', order_id: 'CS1', not_after: ends });
    assert.equal((await resources(bill)).data[0]?.expire_time, '2024-06-01T00:00:00Z');
  });

  test('are unsubscribed, all or none, with an order of its own', async () => {
    const { account, bill } = twoSides();
    const { cert } = await buy(account, { ...paid, order_number: 2 });
    const ids = cert.map(({ cert_id }) => cert_id);
    const applied = await store(bench, account.accountId, {
      status: 'ISSUED',
      order_id: 'CS1',
      not_after: 1,
    });
    for (const wrong of [applied, 'scs0000000000000'])
      assertRefused(await unsubscribe(bill, ids[0]!, wrong), 400, 'CBC.30000067');
    const unpaid = await buy(account, product);
    assertRefused(
      (await unsubscribe(bill, unpaid.cert[0]!.cert_id)) as never,
      400,
      'CBC.30000067',
      /not paid/,
    );
    assert.equal((await resources(bill)).total_count, 3);
    const answer = await unsubscribe(bill, ...ids);
    assert.equal(answer.status, 200);
    const { order_info, order_line_items } = await orderOf(bill, answer.body.order_ids[0]!);
    assert.deepEqual([order_info.order_type, order_info.status, order_line_items.length], [4, 5, 2]);
    assert.deepEqual([order_line_items[0]?.effective_time, order_line_items[0]?.expire_time], [null, null]);
    for (const id of ids)
      assertRefused(await account.send('GET', `${certificatesPath}/${id}`), 404, 'SCM.0094');
  });

  test('unsubscribing needs both permissions', async () => {
    const { account, bill } = twoSides();
    const { cert } = await buy(account, paid);
    for (const action of ['bss:unsubscribe:update', 'scm:cert:unsubscribe'])
      assertRefused(await unsubscribe(bill.without(action), cert[0]!.cert_id), 403, 'CBC.0151');
  });
});
