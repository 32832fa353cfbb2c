import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ApiClient, clientWith, signIn } from '../support/api-client.ts';
import { sampleCsr } from '../support/sample-csr.ts';
import { openAccount } from '../support/second-account.ts';
import { selfSignedCredentials } from '../support/self-signed.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { application, buy, project } from '../support/ssl-world.ts';

const scm = '/v3/scm';
const certificates = `${scm}/certificates`;
const one = `${certificates}/{certificate_id}`;
const csrs = `${scm}/csr`;
const endpoints = `${scm}/endpoints`;

/** What one account owns. */
interface Property {
  /** Imported, so it can be exported and deployed. */
  readonly importedId: string;
  /** Bought, so it can be applied for and given back. */
  readonly paidId: string;
  readonly csrId: string;
  readonly endpointId: string;
}

interface Row {
  /** 'named': the request names a resource; 'own': it does not, so its answer must hold nothing of the other account. */
  readonly kind: 'named' | 'own';
  /** How what is not found is refused, if not as usual. */
  readonly refusal?: { readonly status: number; readonly code: string };
  readonly query?: string;
  readonly body?: (whose: Property) => unknown;
}

const named = (body?: Row['body']): Row => ({ kind: 'named', ...(body && { body }) });
const own = (body?: Row['body']): Row => ({ kind: 'own', ...(body && { body }) });
const noCsr = { status: 400, code: 'SCM.0707' };
const place = { service_name: 'ELB', project_name: project, resources: [{ id: 'tenancy' }] };
const tag = { key: 'tried', value: 'once' };
const notices = ({ importedId }: Property) => [{ resource_id: importedId, notice_type: ['CERT_EXPIRED'] }];
const purchase = {
  ...{ cert_brand: 'GEOTRUST', cert_type: 'DV_SSL_CERT', domain_type: 'SINGLE_DOMAIN', effective_time: 1 },
  ...{ domain_numbers: 1, order_number: 1, agree_privacy_protection: true, is_auto_pay: true },
};
const newCsr = {
  ...{ name: 'tenancy', domain_name: 'tenancy.example.test', private_key_algo: 'EC_P256', usage: 'PERSONAL' },
};
let imported: object = {};

/** Every operation on SSL certificates; one that is added needs a row. The last ones remove what the others name. */
const rows: Record<string, Row> = {
  [`GET ${certificates}`]: { kind: 'own', query: '?limit=50&offset=0' },
  [`GET ${one}`]: named(),
  [`POST ${certificates}/import`]: own(() => imported),
  [`POST ${one}/export`]: named(),
  [`POST ${certificates}/buy`]: own(() => purchase),
  [`POST ${one}/apply`]: named(() => application),
  [`GET ${one}/application`]: named(),
  [`POST ${one}/application/check`]: named(),
  [`POST ${one}/cancel-cert`]: named(),
  [`GET ${scm}/reviews`]: own(),
  [`POST ${one}/review`]: {
    kind: 'named',
    refusal: { status: 403, code: 'SCM.1019' },
    body: () => ({ decision: 'approve' }),
  },
  [`POST ${one}/revoke`]: named(() => ({ reason: 'SUPERSEDED' })),
  [`POST ${one}/push`]: named(() => ({ target_service: 'ELB', target_project: project })),
  [`POST ${one}/batch-push`]: named(() => ({ target_service: 'ELB', target_projects: [project] })),
  [`POST ${one}/deploy`]: named(() => place),
  [`POST ${scm}/deployed-resources`]: {
    kind: 'named',
    refusal: { status: 400, code: 'SCM.0506' },
    body: ({ importedId }) => ({ certificate_ids: [importedId], service_names: ['ALL'] }),
  },
  [`POST ${csrs}`]: own(() => newCsr),
  [`GET ${csrs}`]: own(),
  [`POST ${csrs}/upload`]: own(() => ({ name: 'uploaded', csr: sampleCsr })),
  [`GET ${csrs}/{id}`]: { kind: 'named', refusal: noCsr },
  [`PUT ${csrs}/{id}`]: { kind: 'named', refusal: noCsr, body: () => ({ name: 'renamed' }) },
  [`GET ${csrs}/{id}/private-key`]: { kind: 'named', refusal: noCsr },
  [`POST ${scm}/{resource_id}/tags`]: named(() => ({ tag })),
  [`GET ${scm}/{resource_id}/tags`]: named(),
  [`POST ${scm}/{resource_id}/tags/action`]: named(() => ({ action: 'create', tags: [tag] })),
  [`GET ${scm}/tags`]: own(),
  [`POST ${scm}/resource_instances/action`]: own(() => ({ action: 'filter' })),
  [`POST ${scm}/notification/enable`]: named(notices),
  [`POST ${scm}/notification/disable`]: named(notices),
  [`POST ${endpoints}`]: own(() => ({ host: '127.0.0.1', port: 1 })),
  [`GET ${endpoints}`]: own(),
  [`GET ${endpoints}/{endpoint_id}`]: named(),
  [`DELETE ${endpoints}/{endpoint_id}`]: named(),
  [`DELETE ${csrs}/{id}`]: { kind: 'named', refusal: noCsr },
  [`DELETE ${certificates}/{cert_id}/unsubscribe`]: named(),
  [`DELETE ${one}`]: named(),
};

const nobodys: Property = {
  importedId: 'scs0000000000000',
  paidId: 'scs0000000000000',
  csrId: '0'.repeat(32),
  endpointId: '0'.repeat(32),
};

let folder: string;
let server: RunningServer;
let owner: ApiClient;
let intruder: ApiClient;
let property: Property;
let intrudersProperty: Property;

before(async () => {
  const { certificatePem, keyPem } = await selfSignedCredentials('imported.example.test', [
    { type: 'DNS', value: 'imported.example.test' },
  ]);
  imported = { name: 'Imported', certificate: certificatePem, private_key: keyPem };
  folder = await mkdtemp(join(tmpdir(), 'openccm-tenancy-'));
  const configuration = join(folder, 'ssl.json');
  // Endpoints that are watched may be this machine's: no test asks another.
  await writeFile(configuration, JSON.stringify({ outbound: { allow: ['127.0.0.1/32'] } }));
  server = await startServer({
    env: { OPENCCM_SSL_CONFIG: configuration, OPENCCM_RSA_POOL_SIZE: '0' },
  });
  owner = await signIn(server);
  intruder = await signIn(server, await openAccount(server, 'intruder'));
  property = await acquire(owner, 'Secret-of-the-owner');
  intrudersProperty = await acquire(intruder, 'Intruders-own');
});

after(async () => {
  owner?.close();
  intruder?.close();
  await server?.stop();
  if (folder) await rm(folder, { recursive: true });
});

async function acquire(api: ApiClient, name: string): Promise<Property> {
  const { certificate_id: importedId } = await api.call<{ certificate_id: string }>(
    'POST',
    `${certificates}/import`,
    { ...imported, name },
  );
  await api.call('POST', `${scm}/${importedId}/tags`, { tag: { key: 'account', value: name } });
  const [paidId = ''] = await buy(api, 1);
  const { id: csrId } = await api.call<{ id: string }>('POST', csrs, { ...newCsr, name });
  const { endpoint_id: endpointId } = await api.call<{ endpoint_id: string }>('POST', endpoints, {
    ...{ host: '127.0.0.1', port: 1, server_name: `${importedId}.example.test` },
  });
  return { importedId, paidId, csrId, endpointId };
}

/** All that the account sees of its own, but for when things were looked at. */
async function everythingOf(api: ApiClient): Promise<unknown> {
  const paths = [`${certificates}?limit=50&offset=0`, csrs, `${scm}/tags`];
  return Promise.all(paths.map((path) => api.call('GET', path)));
}

/** Which certificate is named: what is bought is applied for and given back. */
const isOfPaid = (path: string) =>
  /\/(apply|application|check|cancel-cert|review|unsubscribe)(\/|$)/.test(path);

function attempt(api: ApiClient, operation: string, { query = '', body }: Row, whose: Property) {
  const [method = '', path = ''] = operation.split(' ');
  const certificateId = isOfPaid(path) ? whose.paidId : whose.importedId;
  const filled = path
    .replace(/\{(certificate_id|cert_id|resource_id)\}/, certificateId)
    .replace('{id}', whose.csrId)
    .replace('{endpoint_id}', whose.endpointId);
  return api.send(method, filled + query, body?.(whose));
}

test('every operation of the API has a row', async () => {
  type Paths = Record<string, Record<string, unknown>>;
  const { paths } = await owner.call<{ paths: Paths }>('GET', '/openapi.json');
  const served = Object.entries(paths)
    .filter(([path]) => path.startsWith(scm))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  assert.deepEqual(served.sort(), Object.keys(rows).sort());
});

test('who does not sign in, or shows no true token, gets nothing', async () => {
  const strangers = await Promise.all([undefined, 'x'.repeat(40)].map((token) => clientWith(server, token)));
  for (const operation of Object.keys(rows))
    for (const stranger of strangers) {
      const answer = await attempt(stranger, operation, { kind: 'named', body: () => ({}) }, property);
      assert.equal(answer.status, 401, `${operation}: ${answer.text}`);
    }
  for (const stranger of strangers) stranger.close();
});

const withoutIds = (text: string) => text.replace(/scs\d{13}|[0-9a-f]{32}/g, 'id');

for (const [operation, row] of Object.entries(rows))
  if (row.kind === 'named')
    test(`${operation}: another account's resource is not found, as if nobody had it`, async () => {
      const before = await everythingOf(owner);
      const answer = await attempt(intruder, operation, row, property);
      const { error_code: code } = answer.json as { error_code: string };
      const refusal = row.refusal ?? { status: 404, code: 'SCM.0094' };
      assert.deepEqual({ status: answer.status, code }, refusal, answer.text);
      const missing = await attempt(intruder, operation, row, nobodys);
      assert.deepEqual(
        [missing.status, withoutIds(missing.text)],
        [answer.status, withoutIds(answer.text)],
        'the refusal does not tell that it exists',
      );
      assert.deepEqual(await everythingOf(owner), before, 'and nothing changed');
    });
  else
    test(`${operation}: the answer holds nothing of another account`, async () => {
      const answer = await attempt(intruder, operation, row, intrudersProperty);
      assert.ok(answer.status >= 200 && answer.status <= 299, answer.text);
      for (const secret of [...Object.values(property), 'Secret-of-the-owner'])
        assert.ok(!answer.text.includes(secret), answer.text);
    });

// The control: the same requests reach their resource when its owner sends them, so the refusals above were for the account.
test('the owner is not refused like that', async () => {
  for (const [operation, row] of Object.entries(rows)) {
    const answer = await attempt(owner, operation, row, property);
    assert.ok(![401, 404].includes(answer.status), `${operation}: ${answer.status} ${answer.text}`);
    const { error_code: code } = (answer.json ?? {}) as { error_code?: string };
    assert.notEqual(code, row.refusal?.code ?? 'SCM.0094', operation);
  }
});
