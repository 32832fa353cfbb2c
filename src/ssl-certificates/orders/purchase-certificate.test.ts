import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { knownProject, unknownProject } from '../../../test/support/identity-double.ts';
import type { InjectedAccount } from '../../../test/support/injected-accounts.ts';
import { findCertificate } from '../certificates/certificate-store.ts';
import { assertRefused, certificatesPath, detailsOf, pageOf } from '../certificates/imports.fixture.ts';
import { benchMigrations, openBench, openSqliteBench } from '../ssl-certificates.fixture.ts';
import { tagsOf } from '../tags/tag-store.ts';
import { buy, buyOne, everyIssuer, paid, product } from './orders.fixture.ts';
import { payOrder } from './pay-order.ts';
import { freeCertificateLimit } from './product.ts';

const bench = await openSqliteBench({ issuers: everyIssuer });
const multi = { ...paid, domain_type: 'MULTI_DOMAIN', domain_numbers: 5 } as const;
const free = { ...paid, cert_type: 'DV_SSL_CERT_BASIC' } as const;

const attempt = (account: InjectedAccount, change: object) =>
  account.send('POST', `${certificatesPath}/buy`, { ...paid, ...change });

describe('a purchase', () => {
  test("takes the reference's example, answers an order and a certificate for each that was bought", async () => {
    const account = bench.account();
    const example = {
      cert_brand: 'GLOBALSIGN',
      cert_type: 'OV_SSL_CERT',
      domain_type: 'MULTI_DOMAIN',
      effective_time: 1,
      domain_numbers: 5,
      order_number: 1,
      agree_privacy_protection: true,
    };
    const { order_id, cert } = await buy(account, example);
    assert.match(order_id, /^CS[0-9]{10}[0-9A-Z]{5}$/);
    assert.equal(order_id.slice(2, 12), '2403151020');
    assert.equal(cert.length, 1);
    const three = await buy(account, { ...example, order_number: 3 });
    const ids = three.cert.map(({ cert_id }) => cert_id);
    assert.equal(new Set([...ids, cert[0]?.cert_id]).size, 4);
    for (const id of ids) assert.match(id, /^scs[0-9]{13}$/);
  });

  test('a paid certificate is PAID and has a name, an order and what was bought', async () => {
    const account = bench.account();
    const { order_id, cert } = await buy(account, paid);
    const details = await detailsOf(account, cert[0]!.cert_id);
    assert.match(details.name as string, /^[A-Za-z0-9_.-]{3,63}$/);
    assert.deepEqual(
      [details.order_id, details.status, details.push_support, details.validity_period],
      [order_id, 'PAID', 'OFF', 12],
    );
    assert.deepEqual(
      [details.brand, details.type, details.domain_type, details.domain_count, details.wildcard_count],
      ['GEOTRUST', 'OV_SSL_CERT', 'SINGLE_DOMAIN', 1, 0],
    );
    assert.deepEqual([details.domain, details.sans, details.multi_domain_type], [null, null, null]);
    const page = await pageOf(account, 'status=PAID');
    assert.equal(page.certificates[0]?.validity_period, 12);
    const audits = await bench.audits(account.accountId);
    assert.deepEqual(
      audits.map(({ action, resource_id }) => [action, resource_id]),
      [['scm:cert:subscribe', cert[0]?.cert_id]],
    );
  });

  test('years are certificates of 12 months, one after the other; 0 years are 3 months of a free one', async () => {
    const account = bench.account();
    const terms = async (change: object) => {
      const row = await findCertificate(bench.database, account.accountId, await buyOne(account, change));
      return [row?.validity_months, row?.remaining_count];
    };
    assert.deepEqual(await terms({ effective_time: 1 }), [12, 0]);
    assert.deepEqual(await terms({ effective_time: 3 }), [12, 2]);
    assert.deepEqual(await terms({ ...free, effective_time: 0 }), [3, 0]);
    assert.deepEqual(await terms({ ...free, effective_time: 1 }), [12, 0]);
  });

  test('the names of MULTI_DOMAIN: the primary one, single and wildcard ones', async () => {
    const account = bench.account();
    const numbers = async (change: object) => {
      const details = await detailsOf(account, await buyOne(account, { ...multi, ...change }));
      return [details.domain_count, details.wildcard_count, details.multi_domain_type];
    };
    assert.deepEqual(await numbers({}), [5, 0, 'primary_single']);
    const both = { single_domain_number: 3, wildcard_domain_number: 1 };
    assert.deepEqual(await numbers({ ...both, primary_domain_type: 'SINGLE_DOMAIN' }), [
      5,
      1,
      'primary_single',
    ]);
    assert.deepEqual(await numbers({ ...both, primary_domain_type: 'WILDCARD_DOMAIN' }), [
      5,
      2,
      'primary_wildcard',
    ]);
    assert.deepEqual(await numbers({ wildcard_domain_number: 4 }), [5, 4, 'primary_single']);
    assert.deepEqual(await numbers({ single_domain_number: 1 }), [5, 3, 'primary_single']);
    assert.deepEqual(await numbers({ single_domain_number: 4, wildcard_domain_number: 0 }), [
      5,
      0,
      'primary_single',
    ]);
    assert.deepEqual(await numbers({ domain_numbers: 250 }), [250, 0, 'primary_single']);
    const wildcard = { ...paid, domain_type: 'WILDCARD' };
    const details = await detailsOf(account, await buyOne(account, wildcard));
    assert.deepEqual([details.domain_count, details.wildcard_count, details.multi_domain_type], [1, 1, null]);
  });

  test('tags and the enterprise project are those of each certificate', async () => {
    const account = bench.account();
    const tags = [{ key: 'owner', value: 'team' }, { key: 'empty' }];
    const { cert } = await buy(account, {
      ...paid,
      order_number: 2,
      tags,
      enterprise_project_id: knownProject,
    });
    for (const { cert_id: id } of cert) {
      assert.equal((await detailsOf(account, id)).enterprise_project_id, knownProject);
      assert.deepEqual(await tagsOf(bench.database, id), [
        { key: 'empty', value: '' },
        { key: 'owner', value: 'team' },
      ]);
    }
    for (const enterprise_project_id of ['all', '0', ''])
      assert.equal(
        (await detailsOf(account, await buyOne(account, { enterprise_project_id }))).enterprise_project_id,
        '0',
      );
    assertRefused(
      await attempt(account, { enterprise_project_id: unknownProject }),
      400,
      'SCM.0005',
      /enterprise/,
    );
  });
});

describe('an order that is not paid', () => {
  const missing = async (account: InjectedAccount, id: string) =>
    assertRefused(await account.send('GET', `${certificatesPath}/${id}`), 404, 'SCM.0094');

  test('has the ids of its certificates, which are there once it is paid', async () => {
    const account = bench.account();
    for (const change of [{}, { is_auto_pay: false }]) {
      const { order_id, cert } = await buy(account, { ...product, order_number: 2, ...change });
      for (const { cert_id: id } of cert) await missing(account, id);
      assert.equal(await payOrder(bench.ports, account.actor, order_id), 'done');
      for (const { cert_id: id } of cert) assert.equal((await detailsOf(account, id)).status, 'PAID');
      assert.equal(await payOrder(bench.ports, account.actor, order_id), 'changed');
    }
    assert.equal((await pageOf(account)).total_count, 4);
    assert.equal(await payOrder(bench.ports, account.actor, 'CS2403151020AAAAA'), 'unknown');
  });

  test('takes further purchases under its order_id, which are paid together', async () => {
    const account = bench.account();
    const first = await buy(account, product);
    const second = await buy(account, { ...paid, order_id: first.order_id, cert_brand: 'CFCA' });
    assert.equal(second.order_id, first.order_id);
    const brands = [];
    for (const { cert } of [first, second]) brands.push((await detailsOf(account, cert[0]!.cert_id)).brand);
    assert.deepEqual(brands, ['GEOTRUST', 'CFCA']);
  });

  test('SCM.0060: an order has at most 100 certificates, which are paid in one transaction', async () => {
    const account = bench.account();
    const { order_id } = await buy(account, { ...product, order_number: 98 });
    assertRefused(await attempt(account, { order_id, order_number: 3 }), 400, 'SCM.0060');
    await buy(account, { ...paid, order_id, order_number: 2 });
    assert.equal((await pageOf(account)).total_count, 100);
  });

  test('takes none from who may not buy what is in it', async () => {
    const account = bench.account();
    const { order_id } = await buy(account, { ...product, enterprise_project_id: knownProject });
    const narrow = account.without(`scm:cert:subscribe@${knownProject}`);
    assertRefused(await attempt(narrow, { order_id }), 403, 'SCM.1019');
    assert.equal(await payOrder(bench.ports, account.actor, order_id), 'done');
  });

  test('SCM.0064: an order that is paid takes none; SCM.0016: nor one that there is not', async () => {
    const account = bench.account();
    const { order_id } = await buy(account, paid);
    assertRefused(await attempt(account, { order_id }), 400, 'SCM.0064');
    assertRefused(await attempt(account, { order_id: 'CS2403151020AAAAA' }), 400, 'SCM.0016');
    assertRefused(await attempt(bench.account(), { order_id }), 400, 'SCM.0016');
    await buy(account, { ...paid, order_id: '' });
  });
});

describe('what is refused', () => {
  const account = bench.account();
  const refused = async (change: object, code: string, text?: RegExp, status = 400) =>
    assertRefused(await attempt(account, change), status, code, text);

  test('SCM.0005: what is missing, and a privacy agreement that is not agreed to', async () => {
    await refused({ agree_privacy_protection: false }, 'SCM.0005', /agree_privacy_protection/);
    await refused({ agree_privacy_protection: undefined }, 'SCM.0005', /agree_privacy_protection/);
    await refused({ is_auto_pay: 'true' }, 'SCM.0005', /is_auto_pay/);
    await refused({ order_id: 'x'.repeat(64) }, 'SCM.0005', /order_id/);
    await refused({ primary_domain_type: 'X' }, 'SCM.0051', /primary_domain_type/);
  });

  test('SCM.0049, SCM.0050, SCM.0051: no such brand, type, kind of names', async () => {
    for (const value of ['X', '', undefined]) {
      await refused({ cert_brand: value }, 'SCM.0049', /cert_brand/);
      await refused({ cert_type: value }, 'SCM.0050', /cert_type/);
      await refused({ domain_type: value }, 'SCM.0051', /domain_type/);
    }
    await refused({ cert_type: 'EV_SSL_CERT', domain_type: 'WILDCARD' }, 'SCM.0051', /EV/);
    await refused({ ...multi, cert_type: 'EV_SSL_CERT_PRO', wildcard_domain_number: 1 }, 'SCM.0051', /EV/);
  });

  test('SCM.0052: not 1 to 3 years, 0 for a free one only', async () => {
    for (const effective_time of [-1, 0, 4, 1.5, '1']) await refused({ effective_time }, 'SCM.0052');
  });

  test('SCM.0036: numbers of names that do not fit', async () => {
    await refused({ domain_numbers: 2 }, 'SCM.0036');
    await refused({ domain_type: 'WILDCARD', domain_numbers: 2 }, 'SCM.0036');
    await refused({ wildcard_domain_number: 1 }, 'SCM.0036', /MULTI_DOMAIN/);
    for (const domain_numbers of [0, 1, 251, '5']) await refused({ ...multi, domain_numbers }, 'SCM.0036');
    await refused({ ...multi, single_domain_number: 4, wildcard_domain_number: 1 }, 'SCM.0036');
    await refused({ ...multi, single_domain_number: 2, wildcard_domain_number: 1 }, 'SCM.0036');
    await refused({ ...multi, single_domain_number: 5 }, 'SCM.0036');
    await refused({ ...multi, wildcard_domain_number: 5 }, 'SCM.0036');
    await refused({ ...multi, wildcard_domain_number: -1 }, 'SCM.0036');
  });

  test('SCM.0060: not 1 to 100 certificates', async () => {
    for (const order_number of [0, 101, '1']) await refused({ order_number }, 'SCM.0060');
    assert.equal((await buy(account, { ...paid, order_number: 100 })).cert.length, 100);
  });

  test('SCM.0017 as 500: no issuer of the configuration has the product', async () => {
    await refused({ cert_brand: 'VTRUS' }, 'SCM.0017', /VTRUS/, 500);
  });

  test('tags as the operations on tags refuse them', async () => {
    await refused({ tags: [{ key: '' }] }, 'SCM.0310');
    await refused({ tags: [{ key: 'a*' }] }, 'SCM.0306');
    await refused({ tags: [{ key: 'a' }, { key: 'a' }] }, 'SCM.0313');
    await refused({ tags: Array.from({ length: 21 }, (_, index) => ({ key: `k${index}` })) }, 'SCM.0313');
    await buy(account, { ...paid, tags: [] });
  });

  test('SCM.1019: without the permission, also under its other name', async () => {
    for (const action of ['scm:cert:subscribe', 'scm:cert:purchase'])
      assertRefused(
        await account.without(action).send('POST', `${certificatesPath}/buy`, paid),
        403,
        'SCM.1019',
      );
  });

  test('nothing of it is stored', async () => {
    const clean = bench.account();
    assertRefused(await attempt(clean, { domain_numbers: 2 }), 400, 'SCM.0036');
    assert.equal((await pageOf(clean)).total_count, 0);
  });
});

test('SCM.0011: an account has 20 free certificates; one that is given back may be bought again', async () => {
  const account = bench.account();
  const { cert } = await buy(account, { ...free, order_number: freeCertificateLimit - 1 });
  assertRefused(await attempt(account, { ...free, order_number: 2 }), 400, 'SCM.0011', /20/);
  await buy(account, free);
  assertRefused(await attempt(account, free), 400, 'SCM.0011');
  await buy(account, paid);
  const unpaid = await buy(account, { ...free, is_auto_pay: false });
  await assert.rejects(payOrder(bench.ports, account.actor, unpaid.order_id), /SCM.0011|max number/);
  const given = `${certificatesPath}/${cert[0]?.cert_id}/unsubscribe`;
  assert.equal((await account.send('DELETE', given)).status, 200);
  assert.equal(await payOrder(bench.ports, account.actor, unpaid.order_id), 'done');
  await buy(bench.account(), free);
});

describeOnEachDatabase('orders under concurrency', benchMigrations, (open) => {
  test('an order is paid once, however many pay it at once, and free ones hold to their limit', async () => {
    const both = await openBench(await open(), { issuers: everyIssuer });
    const account = both.account();
    const { order_id } = await buy(account, { ...product, order_number: 2 });
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () => payOrder(both.ports, account.actor, order_id)),
    );
    assert.deepEqual(outcomes.toSorted(), ['changed', 'changed', 'changed', 'changed', 'changed', 'done']);
    assert.equal((await pageOf(account)).total_count, 2);
    const answers = await Promise.all(
      Array.from({ length: 6 }, () =>
        account.send('POST', `${certificatesPath}/buy`, { ...free, order_number: 5 }),
      ),
    );
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 200, 200, 200, 400, 400]);
    assert.equal((await pageOf(account)).total_count, 22);
  });

  test('of purchases that are added to one order at the same time all are there, or were refused', async () => {
    const both = await openBench(await open(), { issuers: everyIssuer });
    const account = both.account();
    const { order_id } = await buy(account, product);
    const added = await Promise.all(
      Array.from({ length: 5 }, () =>
        account.send('POST', `${certificatesPath}/buy`, { ...product, order_id }),
      ),
    );
    for (const answer of added) if (answer.status !== 200) assertRefused(answer, 400, 'SCM.0064');
    assert.equal(await payOrder(both.ports, account.actor, order_id), 'done');
    const count = 1 + added.filter(({ status }) => status === 200).length;
    assert.equal((await pageOf(account)).total_count, count);
  });
});
