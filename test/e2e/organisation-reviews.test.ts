import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { type RunningApp, startApp } from '../support/app.ts';
import { openAccount } from '../support/second-account.ts';

const scm = '/v3/scm/certificates';

let folder: string;
let running: RunningApp;
let operator: ApiClient;
let tenant: ApiClient;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openccm-reviews-'));
  const file = join(folder, 'ssl.json');
  await writeFile(file, JSON.stringify({ validation: { prevalidated: [{ zones: ['corp.test'] }] } }));
  running = await startApp({ env: { OPENCCM_SSL_CONFIG: file } });
  operator = await signIn(running);
  tenant = await signIn(running, await openAccount(running, 'globex'));
});

after(async () => {
  operator?.close();
  tenant?.close();
  await running?.close();
  if (folder) await rm(folder, { recursive: true });
});

async function apply(client: ApiClient): Promise<string> {
  const { cert } = await client.call<{ cert: { cert_id: string }[] }>('POST', `${scm}/buy`, {
    cert_brand: 'GEOTRUST',
    cert_type: 'OV_SSL_CERT',
    domain_type: 'SINGLE_DOMAIN',
    effective_time: 1,
    domain_numbers: 1,
    order_number: 1,
    agree_privacy_protection: true,
    is_auto_pay: true,
  });
  const id = cert[0]!.cert_id;
  await client.call('POST', `${scm}/${id}/apply`, {
    domain: 'www.corp.test',
    company_name: 'Bank of Elsewhere',
    company_province: 'Berlin',
    company_city: 'Berlin',
    country: 'DE',
    applicant_name: 'A',
    applicant_phone: '12312345678',
    applicant_email: 'a@corp.test',
    agree_privacy_protection: true,
    domain_method: 'DNS',
    key_algorithm: 'EC_P256',
  });
  await running.app.runDueJobs();
  return id;
}

const statusOf = async (client: ApiClient, id: string) =>
  (await client.call<{ status: string }>('GET', `${scm}/${id}`)).status;

interface Trail {
  readonly records: readonly { readonly action: string; readonly result: string; readonly detail: string }[];
}

test('a tenant cannot approve its organisation; the operator can, and both see who did', async () => {
  const id = await apply(tenant);
  assert.equal(await statusOf(tenant, id), 'CHECKING_ORG');
  const own = await tenant.send('POST', `${scm}/${id}/review`, { decision: 'approve' });
  assert.equal(own.status, 403, own.text);
  assert.equal(await statusOf(tenant, id), 'CHECKING_ORG');

  const { reviews } = await operator.call<{ reviews: { certificate_id: string; company_name: string }[] }>(
    'GET',
    '/v3/scm/reviews',
  );
  assert.deepEqual(
    reviews.map((each) => [each.certificate_id, each.company_name]),
    [[id, 'Bank of Elsewhere']],
  );
  await operator.call('POST', `${scm}/${id}/review`, { decision: 'approve' });
  await running.app.runDueJobs();
  assert.equal(await statusOf(tenant, id), 'ISSUED');

  const trail = async (client: ApiClient) =>
    (await client.call<Trail>('GET', '/v1/audit/records?action=scm:cert:reviewApplication')).records.map(
      ({ result, detail }) => [result, detail.split(',')[0]],
    );
  assert.deepEqual(await trail(tenant), [
    ['success', 'approve'],
    ['refused', 'Only the operator reviews organisations.'],
  ]);
  assert.deepEqual(await trail(operator), [['success', 'approve']]);
});
