import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  changeCertificate,
  findCertificate,
  type SslCertificate,
} from '../certificates/certificate-store.ts';
import { openSqliteBench, testNowMs } from '../ssl-certificates.fixture.ts';
import { storeCertificate } from '../stored-certificate.fixture.ts';
import { tagClient } from './tags.fixture.ts';

const bench = await openSqliteBench();

async function detailsOf(accountId: string) {
  const { resources } = await tagClient(bench.account(accountId)).find({ limit: 50 });
  return new Map(resources.map((found) => [found.resource_id, found.resource_detail]));
}

async function change(accountId: string, id: string, columns: Partial<SslCertificate>): Promise<void> {
  await bench.database.transaction(async (transaction) => {
    const seen = await findCertificate(transaction, accountId, id);
    await changeCertificate(transaction, seen!, columns);
  });
}

test('a paid certificate has all fields, null where there is nothing yet (push-support-type)', async () => {
  const { accountId } = bench.account();
  const id = await storeCertificate(bench, accountId, { remaining_count: 2, description: 'three years' });
  assert.deepEqual((await detailsOf(accountId)).get(id), {
    cert_id: id,
    cert_name: 'scm-test',
    domain: null,
    cert_type: 'DV_SSL_CERT',
    cert_brand: 'GEOTRUST',
    domain_type: 'SINGLE_DOMAIN',
    purchase_period: 1,
    expired_time: null,
    order_status: 'PAID',
    domain_num: 1,
    wildcard_number: 0,
    sans: null,
    cert_des: 'three years',
    signature_algorithm: null,
    fail_reason: null,
    partner_order_id: 'CS2403151020ABCDE',
    push_support: false,
    cert_issued_time: null,
    resource_id: id,
    unsubscribe_support: true,
    enterprise_project_id: '0',
    origin_cert_id: null,
    renewal_cert_id: null,
    auto_renew_status: 1,
    remain_cert_number: 2,
    auto_deploy_support: false,
  });
});

test('an issued certificate can be pushed and deployed until it ends, unless its key is not here or of SM2', async () => {
  const { accountId } = bench.account();
  const issued = { status: 'ISSUED', not_after: testNowMs + 1000, issued_at: testNowMs } as const;
  const ids = {
    issued: await storeCertificate(bench, accountId, { ...issued, key_id: 'k', key_algorithm: 'RSA_2048' }),
    ownKey: await storeCertificate(bench, accountId, { ...issued, key_id: null }),
    sm2: await storeCertificate(bench, accountId, { ...issued, key_id: 'k', key_algorithm: 'SM2' }),
    over: await storeCertificate(bench, accountId, { ...issued, key_id: 'k', not_after: testNowMs }),
  };
  const details = await detailsOf(accountId);
  const supports = Object.values(ids).map((id) => {
    const { push_support: push, auto_deploy_support: deploy, unsubscribe_support: back } = details.get(id)!;
    return [push, deploy, back];
  });
  assert.deepEqual(supports, [
    [true, true, false],
    [false, false, false],
    [false, false, false],
    [false, false, false],
  ]);
  assert.deepEqual(
    [details.get(ids.issued)?.expired_time, details.get(ids.issued)?.cert_issued_time],
    [String(testNowMs + 1000), String(testNowMs)],
  );
  assert.equal(details.get(ids.over)?.order_status, 'EXPIRED');
});

test('a series tells its first certificate, the next and what remains; an imported one is in none', async () => {
  const { accountId } = bench.account();
  const [first, second, third, imported] = [
    await storeCertificate(bench, accountId),
    await storeCertificate(bench, accountId),
    await storeCertificate(bench, accountId, { remaining_count: 0 }),
    await storeCertificate(bench, accountId, { status: 'UPLOAD', order_id: null, validity_months: null }),
  ];
  await change(accountId, first, { successor_id: second });
  await change(accountId, second, { predecessor_id: first, successor_id: third });
  await change(accountId, third, { predecessor_id: second });
  const details = await detailsOf(accountId);
  const seriesOf = (id: string) => {
    const detail = details.get(id)!;
    return [
      detail.origin_cert_id,
      detail.renewal_cert_id,
      detail.auto_renew_status,
      detail.remain_cert_number,
    ];
  };
  assert.deepEqual(seriesOf(first), [null, second, 0, 0]);
  assert.deepEqual(seriesOf(second), [first, third, 0, 0]);
  assert.deepEqual(seriesOf(third), [first, null, 0, 0]);
  assert.deepEqual(seriesOf(imported), [null, null, null, null]);
  assert.equal(details.get(imported)?.purchase_period, null);
});
