import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCertificate } from '../certificates/certificate-store.ts';
import { openSqliteBench } from '../ssl-certificates.fixture.ts';
import { storeCertificate } from '../stored-certificate.fixture.ts';
import { assertRefused } from '../tags/tags.fixture.ts';

const bench = await openSqliteBench();
const path = (verb: 'enable' | 'disable') => `/v3/scm/notification/${verb}`;

async function setUp() {
  const account = bench.account();
  const id = await storeCertificate(bench, account.accountId);
  const flags = async (of = id) => {
    const row = await findCertificate(bench.database, account.accountId, of);
    return [row?.notify_expiring, row?.notify_expired];
  };
  return { account, id, flags };
}

test('the body is a bare list; disable and enable answer 204 without a body (notification-status)', async () => {
  const { account, id, flags } = await setUp();
  assert.deepEqual(await flags(), [1, 1]);
  const both = [{ resource_id: id, notice_type: ['CERT_EXPIRING', 'CERT_EXPIRED'] }];
  const disabled = await account.send('POST', path('disable'), both);
  assert.deepEqual([disabled.status, disabled.bytes.length], [204, 0]);
  assert.deepEqual(await flags(), [0, 0]);
  assert.equal((await account.send('POST', path('enable'), both)).status, 204);
  assert.deepEqual(await flags(), [1, 1]);
});

test('notice_type: CERT_EXPIRING and CERT_EXPIRED are switched each by itself', async () => {
  const { account, id, flags } = await setUp();
  const one = (type: string) => [{ resource_id: id, notice_type: [type] }];
  await account.send('POST', path('disable'), one('CERT_EXPIRED'));
  assert.deepEqual(await flags(), [1, 0]);
  await account.send('POST', path('disable'), one('CERT_EXPIRING'));
  assert.deepEqual(await flags(), [0, 0]);
  await account.send('POST', path('enable'), one('CERT_EXPIRING'));
  assert.deepEqual(await flags(), [1, 0]);
});

test('SCM.0005: what is no list of settings', async () => {
  const { account, id, flags } = await setUp();
  const setting = { resource_id: id, notice_type: ['CERT_EXPIRING'] };
  const wrong: [unknown, RegExp][] = [
    [undefined, /body/],
    [setting, /array/],
    [[], /items/],
    [[{ ...setting, notice_type: ['CERT_ISSUED'] }], /\[0\]\.notice_type/],
    [[{ ...setting, notice_type: [] }], /\[0\]\.notice_type/],
    [[{ ...setting, notice_type: 'CERT_EXPIRING' }], /\[0\]\.notice_type/],
    [[{ resource_id: id }], /\[0\]\.notice_type/],
    [[setting, { ...setting, resource_id: 'short' }], /\[1\]\.resource_id/],
    [[{ notice_type: ['CERT_EXPIRING'] }], /\[0\]\.resource_id/],
    [Array.from({ length: 101 }, () => setting), /items/],
  ];
  for (const [body, text] of wrong) {
    assertRefused(await account.send('POST', path('disable'), body), 400, 'SCM.0005', text);
    assertRefused(await account.send('POST', path('enable'), body), 400, 'SCM.0005', text);
  }
  assert.deepEqual(await flags(), [1, 1]);
});

test('all settings of a request take effect or none: one is of another account, or denied', async () => {
  const { account, id, flags } = await setUp();
  const foreign = await storeCertificate(bench, bench.account().accountId);
  const types = { notice_type: ['CERT_EXPIRING'] };
  const settings = [id, foreign].map((resource_id) => ({ resource_id, ...types }));
  assertRefused(await account.send('POST', path('disable'), settings), 404, 'SCM.0094', new RegExp(foreign));
  for (const verb of ['enable', 'disable'] as const) {
    const denied = account.without(`scm:cert:${verb}Notification@0`);
    assertRefused(await denied.send('POST', path(verb), settings.slice(0, 1)), 403, 'SCM.1019');
  }
  assert.deepEqual(await flags(), [1, 1]);
});

test('a change is recorded for each certificate', async () => {
  const { account, id } = await setUp();
  await account.send('POST', path('disable'), [{ resource_id: id, notice_type: ['CERT_EXPIRED'] }]);
  assert.deepEqual(
    (await bench.audits(account.accountId)).map(({ action, resource_id, detail }) => [
      action,
      resource_id,
      detail,
    ]),
    [['scm:cert:disableNotification', id, 'CERT_EXPIRED']],
  );
});
