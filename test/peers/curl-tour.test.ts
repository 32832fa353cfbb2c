// Needs: curl on the PATH.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { unzipSync } from 'fflate';
import { passwordSignIn } from '../support/api-client.ts';
import {
  caName,
  certificateBody,
  csrBody,
  orderBody,
  pendingCaBody,
  rootCaBody,
} from '../support/private-ca-requests.ts';
import { sampleCsr } from '../support/sample-csr.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { run } from './support/programs.ts';

const cas = '/v1/private-certificate-authorities';
const certificates = '/v1/private-certificates';
const tag = { key: 'team', value: 'curl' };
const year = { type: 'YEAR', value: 1 };

let server: RunningServer;
let folder: string;
let token: string;
/** Operations that were called, as `METHOD /path/{parameter}`. */
const called = new Set<string>();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openccm-curl-'));
  server = await startServer();
  token = await fetchToken();
});

after(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const curl = (...args: string[]) =>
  run('curl', ['-sS', '--noproxy', '*', '--cacert', server.caFile, ...args]);

async function fetchToken(): Promise<string> {
  const {
    account_name: accountName,
    user_name: userName,
    password,
    project_name: projectName,
  } = server.bootstrap;
  const body = JSON.stringify(passwordSignIn({ accountName, userName, password, projectName }));
  const headers = join(folder, 'headers');
  const json = ['-H', 'Content-Type: application/json', '-D', headers, '-d', body];
  await curl(...json, `${server.httpsUrl}/v3/auth/tokens`);
  const found = /^x-subject-token: (\S+)/im.exec(await readFile(headers, 'utf8'))?.[1];
  assert.ok(found, 'the answer carries a token');
  return found;
}

/** Calls an operation by its path in the API's description; the ids go in order into the braces. */
async function call<Result>(
  operation: string,
  ids: string[],
  body: unknown,
  status: number,
): Promise<Result> {
  if (isOfPrivateCa(operation.split(' ')[1] ?? '')) called.add(operation.replace(/\?.*/, ''));
  const [method = '', template = ''] = operation.split(' ');
  const rest = [...ids];
  const url = server.httpsUrl + template.replace(/\{\w+\}/g, () => rest.shift() ?? '');
  const data = body === undefined ? [] : ['-H', 'Content-Type: application/json', '-d', JSON.stringify(body)];
  const output = await curl(
    '-X',
    method,
    '-H',
    `X-Auth-Token: ${token}`,
    ...data,
    '-w',
    '\n%{http_code}',
    url,
  );
  const [, text = '', code] = /^([\s\S]*)\n(\d+)$/.exec(output) ?? [];
  assert.equal(Number(code), status, `${operation}: ${text}`);
  return text === '' ? (undefined as Result) : JSON.parse(text);
}

const isOfPrivateCa = (path: string) => /^\/v1\/(private-certificate|pca\/)/.test(path);

const statusOf = async (caId: string) =>
  (await call<{ status: string }>(`GET ${cas}/{ca_id}`, [caId], undefined, 200)).status;
const createCa = async (body: object) => (await call<{ ca_id: string }>(`POST ${cas}`, [], body, 200)).ca_id;

test('a hierarchy of CAs', async () => {
  const root = await createCa(rootCaBody('curl root'));
  const pending = await createCa(pendingCaBody('curl pending'));
  const { csr } = await call<{ csr: string }>(`GET ${cas}/{ca_id}/csr`, [pending], undefined, 200);
  assert.match(csr, /^-----BEGIN CERTIFICATE REQUEST-----\r\n/);
  const activation = { issuer_id: root, signature_algorithm: 'SHA256', validity: year, path_length: 0 };
  await call(`POST ${cas}/{ca_id}/activate`, [pending], activation, 204);
  assert.equal(await statusOf(pending), 'ACTIVED');
  const exported = await call<{ certificate: string }>(
    `POST ${cas}/{ca_id}/export`,
    [pending],
    undefined,
    200,
  );
  assert.match(exported.certificate, /^-----BEGIN CERTIFICATE-----\r\n/);
  const list = await call<{ total: number }>(`GET ${cas}?sort_key=common_name&limit=1`, [], undefined, 200);
  assert.equal(list.total, 2);
  await call(`GET ${cas}/quotas`, [], undefined, 200);
  await call(`POST ${cas}/{ca_id}/revoke`, [pending], { reason: 'SUPERSEDED' }, 204);
});

test('a CA that another one certifies', async () => {
  const root = await createCa(rootCaBody('curl issuer'));
  const imported = await createCa(pendingCaBody('curl imported'));
  const { csr } = await call<{ csr: string }>(`GET ${cas}/{ca_id}/csr`, [imported], undefined, 200);
  const request = { issuer_id: root, csr, validity: year, type: 'INTERMEDIATE_CA' };
  const { certificate_id: id } = await call<{ certificate_id: string }>(
    `POST ${certificates}/csr`,
    [],
    request,
    200,
  );
  const files = await call<object>(`POST ${cas}/{ca_id}/export`, [id], undefined, 200);
  await call(`POST ${cas}/{ca_id}/import`, [imported], files, 204);
  assert.equal(await statusOf(imported), 'ACTIVED');
});

test('the life of a CA', async () => {
  const ca = await createCa({ ...rootCaBody('x'), distinguished_name: caName('curl life') });
  await call(`POST ${cas}/{ca_id}/disable`, [ca], undefined, 204);
  await call(`POST ${cas}/{ca_id}/enable`, [ca], undefined, 204);
  await call(`POST ${cas}/{ca_id}/disable`, [ca], undefined, 204);
  await call(`DELETE ${cas}/{ca_id}?pending_days=7`, [ca], undefined, 204);
  assert.equal(await statusOf(ca), 'DELETED');
  await call(`POST ${cas}/{ca_id}/restore`, [ca], undefined, 204);
  assert.equal(await statusOf(ca), 'DISABLED');
});

test('certificates from issue to deletion', async () => {
  const root = await createCa(rootCaBody('curl certificates'));
  const body = certificateBody(root, 'curl.example.test');
  const { certificate_id: id } = await call<{ certificate_id: string }>(
    `POST ${certificates}`,
    [],
    body,
    200,
  );
  const parsed = await call<{ key_algorithm: string }>(
    `POST ${certificates}/csr/parse`,
    [],
    { csr: sampleCsr },
    200,
  );
  assert.equal(parsed.key_algorithm, 'EC');
  await call(`POST ${certificates}/csr`, [], csrBody(root), 200);
  const list = await call<{ total: number }>(
    `GET ${certificates}?name=example&status=ISSUED`,
    [],
    undefined,
    200,
  );
  assert.equal(list.total, 2);
  await call(`GET ${certificates}/quotas`, [], undefined, 200);
  const exported = await call<{ private_key: string }>(
    `POST ${certificates}/{certificate_id}/export`,
    [id],
    { is_compressed: 'false', type: 'NGINX' },
    200,
  );
  assert.match(exported.private_key, /PRIVATE KEY-----\r\n/);
  await call(`POST ${certificates}/{certificate_id}/revoke`, [id], {}, 204);
  const shown = await call<{ status: string }>(`GET ${certificates}/{certificate_id}`, [id], undefined, 200);
  assert.equal(shown.status, 'REVOKED');
  await call(`DELETE ${certificates}/{certificate_id}`, [id], undefined, 204);
  await call(`GET ${certificates}/{certificate_id}`, [id], undefined, 404);
});

test('a ZIP is saved under the name the server gives', async () => {
  const root = await createCa(rootCaBody('curl zip'));
  const body = certificateBody(root, 'zip.example.test');
  const { certificate_id: id } = await call<{ certificate_id: string }>(
    `POST ${certificates}`,
    [],
    body,
    200,
  );
  const url = `${server.httpsUrl}${certificates}/${id}/export`;
  const data = ['-H', 'Content-Type: application/json', '-d', '{"is_compressed":true,"type":"NGINX"}'];
  await curl('--output-dir', folder, '-OJ', '-H', `X-Auth-Token: ${token}`, ...data, url);
  const files = unzipSync(await readFile(join(folder, 'zip.example.test_nginx.zip')));
  assert.deepEqual(Object.keys(files).sort(), ['server.crt', 'server.key']);
});

test('a CA that is ordered is activated with its name and key', async () => {
  const root = await createCa(rootCaBody('curl order'));
  const order = await call<{ ca_ids: string[] }>(`POST ${cas}/order`, [], orderBody, 200);
  const [ordered = ''] = order.ca_ids;
  const activation = { issuer_id: root, signature_algorithm: 'SHA256', validity: year };
  await call(
    `POST ${cas}/{ca_id}/activate`,
    [ordered],
    { ...activation, ...pendingCaBody('curl ordered') },
    204,
  );
  assert.equal(await statusOf(ordered), 'ACTIVED');
});

test('revocation: agency, bucket, CRL, OCSP, a hold that is lifted', async () => {
  assert.deepEqual(await call(`GET ${cas}/obs/agencies`, [], undefined, 200), { agency_granted: 'false' });
  await call(`POST ${cas}/obs/agencies`, [], undefined, 200);
  assert.deepEqual(await call(`GET ${cas}/obs/agencies`, [], undefined, 200), { agency_granted: 'true' });
  await call(`POST ${cas}/agencies`, [], undefined, 200);
  await call(`GET ${cas}/agency`, [], undefined, 200);
  await call('POST /v1/object-storage/buckets', [], { bucket_name: 'curl-crls' }, 201);
  const buckets = await call<{ total: number }>(`GET ${cas}/obs/buckets`, [], undefined, 200);
  assert.equal(buckets.total, 1);
  const root = await createCa(rootCaBody('curl revocation'));
  const crl = { obs_bucket_name: 'curl-crls', valid_days: 7 };
  await call(`POST ${cas}/{ca_id}/crl/enable`, [root], crl, 204);
  await call(`POST ${cas}/{ca_id}/ocsp/switch`, [root], { ocsp_switch: true }, 204);
  const body = certificateBody(root, 'held.example.test');
  const { certificate_id: id } = await call<{ certificate_id: string }>(
    `POST ${certificates}`,
    [],
    body,
    200,
  );
  await call(`POST ${certificates}/{certificate_id}/revoke`, [id], { reason: 'CERTIFICATE_HOLD' }, 204);
  await call(`POST ${certificates}/{certificate_id}/unhold`, [id], undefined, 204);
  const shown = await call<{ status: string }>(`GET ${certificates}/{certificate_id}`, [id], undefined, 200);
  assert.equal(shown.status, 'ISSUED');
  await call(`POST ${cas}/{ca_id}/crl/disable`, [root], undefined, 204);
});

for (const [collection, resource] of [
  [cas, '{ca_id}'],
  [certificates, '{certificate_id}'],
] as const)
  test(`tags below ${collection}`, async () => {
    const ca = await createCa(rootCaBody('curl tags'));
    const body = certificateBody(ca, 'tags.example.test');
    const issued = await call<{ certificate_id: string }>(`POST ${certificates}`, [], body, 200);
    const id = collection === cas ? ca : issued.certificate_id;
    await call(`POST ${collection}/${resource}/tags`, [id], { tag }, 204);
    await call(`POST ${collection}/${resource}/tags/create`, [id], { tags: [tag] }, 204);
    const listed = await call<{ tags: object[] }>(`GET ${collection}/${resource}/tags`, [id], undefined, 200);
    assert.deepEqual(listed.tags, [tag]);
    const all = await call<{ tags: object[] }>(`GET ${collection}/tags`, [], undefined, 200);
    assert.deepEqual(all.tags, [{ key: 'team', values: ['curl'] }]);
    const filter = { tags: [{ key: 'team', values: ['curl'] }] };
    const counted = await call<object>(`POST ${collection}/resource-instances/count`, [], filter, 200);
    assert.deepEqual(counted, { total_count: 1 });
    await call(`POST ${collection}/resource-instances/filter`, [], filter, 200);
    await call(`DELETE ${collection}/${resource}/tags/delete`, [id], { tags: [tag] }, 204);
  });

test('what the site supports', async () => {
  const site = await call<object>('GET /v1/pca/config/console', [], undefined, 200);
  assert.equal((site as Record<string, unknown>).is_support_ocsp, true);
});

test('what a CA may issue, and for whom', async () => {
  const policy = `${cas}/{ca_id}/issuance-policy`;
  const root = await createCa(rootCaBody('curl policy'));
  await call(`PUT ${policy}`, [root], { allowed_names: { common_name: ['*.example.test'] } }, 204);
  await call(`POST ${certificates}`, [], certificateBody(root, 'elsewhere.test'), 400);
  await call(`GET ${policy}`, [root], undefined, 200);
  await call(`DELETE ${policy}`, [root], undefined, 204);
  await call(`POST ${certificates}`, [], certificateBody(root, 'elsewhere.test'), 200);
  const account = { account_name: 'curl-consumer', project_name: 'cn-north-4' };
  const { account_id: consumer } = await call<{ account_id: string }>('POST /v1/accounts', [], account, 201);
  await call(`PUT ${cas}/{ca_id}/shares`, [root], { account_ids: [consumer] }, 204);
  const shared = await call<{ shares: object[] }>(`GET ${cas}/{ca_id}/shares`, [root], undefined, 200);
  assert.equal(shared.shares.length, 1);
  await call(`DELETE ${cas}/{ca_id}/shares`, [root], undefined, 204);
  const issuedPath = `${cas}/{ca_id}/issued-certificates`;
  const issued = await call<{ certificates: { serial_number: string; status: string }[] }>(
    `GET ${issuedPath}`,
    [root],
    undefined,
    200,
  );
  assert.deepEqual(
    issued.certificates.map(({ status }) => status),
    ['ISSUED'],
  );
  const serial = issued.certificates[0]!.serial_number;
  await call(`POST ${issuedPath}/{serial_number}/revoke`, [root, serial], { reason: 'SUPERSEDED' }, 204);
});

test('every operation on private CAs and certificates was called', async () => {
  const description = await curl(`${server.httpsUrl}/openapi.json`);
  const { paths }: { paths: Record<string, object> } = JSON.parse(description);
  const served = Object.entries(paths)
    .filter(([path]) => isOfPrivateCa(path))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  assert.ok(served.length >= 22);
  assert.deepEqual(served.sort(), [...called].sort());
});
