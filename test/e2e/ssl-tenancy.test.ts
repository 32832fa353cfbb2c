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

const certificates = '/v3/scm/certificates';
const certificate = `${certificates}/{certificate_id}`;
const csrs = '/v3/scm/csr';
const endpoints = '/v3/scm/endpoints';

/** What one account owns. */
interface Property {
  readonly certificateId: string;
  /** Bought, and not applied for. */
  readonly paidId: string;
  readonly orderId: string;
  readonly csrId: string;
  readonly endpointId: string;
}

/** What nobody has. */
const nobodys: Property = {
  certificateId: 'scs0000000000000',
  paidId: 'scs0000000000001',
  orderId: 'CS0000000000AAAAA',
  csrId: '0'.repeat(32),
  endpointId: '0'.repeat(32),
};

/**
 * How an operation is tried. 'named': it names a resource, and says that it does not exist; 'own': it names nothing, so its answer
 * must hold nothing of the other account.
 */
interface Row {
  readonly kind: 'named' | 'own';
  /** How what is not found is refused, if not as usual. */
  readonly refusal?: { readonly status: number; readonly code: string };
  readonly body?: (named: Property) => unknown;
}

const named: Row = { kind: 'named' };
const own: Row = { kind: 'own' };
const namedCsr: Row = { kind: 'named', refusal: { status: 400, code: 'SCM.0707' } };
const namedWith = (body: (named: Property) => unknown): Row => ({ kind: 'named', body });

const application = {
  domain: 'www.example.com',
  domain_method: 'DNS',
  applicant_name: 'Applicant',
  applicant_phone: '13000000000',
  applicant_email: 'applicant@example.com',
  agree_privacy_protection: true,
};
const product = {
  cert_brand: 'GEOTRUST',
  cert_type: 'DV_SSL_CERT',
  domain_type: 'SINGLE_DOMAIN',
  effective_time: 1,
  domain_numbers: 1,
  order_number: 1,
  agree_privacy_protection: true,
  is_auto_pay: true,
};
const csrBody = {
  name: 'request',
  domain_name: 'www.example.com',
  private_key_algo: 'EC_P256',
  usage: 'PERSONAL',
};
const place = { target_project: 'cn-north-7', target_service: 'WAF' };
const tag = { key: 'tried', value: 'once' };

/** Every operation on SSL certificates; one that is added needs a row. */
const rows: Record<string, Row> = {
  [`GET ${certificates}`]: own,
  [`POST ${certificates}/import`]: { kind: 'own', body: () => importBody('intruders-own') },
  [`POST ${certificates}/buy`]: { kind: 'own', body: () => product },
  [`GET ${certificate}`]: named,
  [`POST ${certificate}/export`]: named,
  [`POST ${certificate}/apply`]: namedWith(() => application),
  [`POST ${certificate}/cancel-cert`]: named,
  [`POST ${certificate}/review`]: namedWith(() => ({ decision: 'approve' })),
  [`POST ${certificate}/revoke`]: namedWith(() => ({ reason: 'superseded' })),
  [`POST ${certificate}/push`]: namedWith(() => place),
  [`POST ${certificate}/batch-push`]: namedWith(() => ({
    target_projects: ['cn-north-7'],
    target_service: 'WAF',
  })),
  [`POST ${certificate}/deploy`]: namedWith(() => ({
    service_name: 'ELB',
    project_name: 'cn-north-7',
    resources: [{ id: 'listener', type: 'TERMINATED_HTTPS' }],
  })),
  'POST /v3/scm/deployed-resources': {
    kind: 'named',
    refusal: { status: 400, code: 'SCM.0506' },
    body: ({ certificateId }) => ({ certificate_ids: [certificateId], service_names: ['ALL'] }),
  },
  'GET /v3/scm/reviews': own,
  'GET /v3/scm/tags': own,
  'POST /v3/scm/resource_instances/action': {
    kind: 'own',
    body: () => ({ action: 'filter', tags: [{ key: 'account', values: [] }] }),
  },
  'GET /v3/scm/{resource_id}/tags': named,
  'POST /v3/scm/{resource_id}/tags': namedWith(() => ({ tag })),
  'POST /v3/scm/{resource_id}/tags/action': namedWith(() => ({ action: 'create', tags: [tag] })),
  'POST /v3/scm/notification/enable': noticeRow(),
  'POST /v3/scm/notification/disable': noticeRow(),
  [`POST ${csrs}`]: { kind: 'own', body: () => csrBody },
  [`POST ${csrs}/upload`]: { kind: 'own', body: () => ({ name: 'uploaded', csr: sampleCsr }) },
  [`GET ${csrs}`]: own,
  [`GET ${csrs}/{id}`]: namedCsr,
  [`PUT ${csrs}/{id}`]: { ...namedCsr, body: () => ({ name: 'renamed' }) },
  [`GET ${csrs}/{id}/private-key`]: namedCsr,
  [`POST ${endpoints}`]: { kind: 'own', body: () => ({ host: '127.0.0.1', port: 4 }) },
  [`GET ${endpoints}`]: own,
  [`GET ${endpoints}/{endpoint_id}`]: named,
  // The last ones remove what the rows above name.
  [`DELETE ${endpoints}/{endpoint_id}`]: named,
  [`DELETE ${csrs}/{id}`]: namedCsr,
  [`DELETE ${certificates}/{cert_id}/unsubscribe`]: named,
  [`DELETE ${certificate}`]: named,
};

function noticeRow(): Row {
  return namedWith(({ certificateId }) => [{ resource_id: certificateId, notice_type: ['CERT_EXPIRED'] }]);
}

let imported: { readonly certificate: string; readonly private_key: string };
const importBody = (name: string) => ({ name, ...imported });

let folder: string;
let server: RunningServer;
let owner: ApiClient;
let intruder: ApiClient;
let property: Property;
let intrudersProperty: Property;

before(async () => {
  const { certificatePem, keyPem } = await selfSignedCredentials('www.example.com');
  imported = { certificate: certificatePem, private_key: keyPem };
  folder = await mkdtemp(join(tmpdir(), 'openccm-ssl-'));
  const configuration = join(folder, 'ssl.json');
  await writeFile(configuration, JSON.stringify({ outbound: { allow: ['127.0.0.0/8'] } }));
  server = await startServer({ env: { OPENCCM_SSL_CONFIG: configuration } });
  owner = await signIn(server);
  intruder = await signIn(server, await openAccount(server, 'intruder'));
  property = await acquire(owner, 'secret-of-the-owner');
  intrudersProperty = await acquire(intruder, 'intruders-own');
});

after(async () => {
  owner?.close();
  intruder?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function acquire(api: ApiClient, name: string): Promise<Property> {
  const made = await api.call<{ certificate_id: string }>('POST', `${certificates}/import`, importBody(name));
  const tags = [{ key: 'account', value: name }];
  const bought = await api.call<{ order_id: string; cert: { cert_id: string }[] }>(
    'POST',
    `${certificates}/buy`,
    { ...product, tags },
  );
  await api.call('POST', `/v3/scm/${made.certificate_id}/tags`, { tag: tags[0] });
  const csr = await api.call<{ id: string }>('POST', csrs, { ...csrBody, name });
  const watched = await api.call<{ endpoint_id: string }>('POST', endpoints, { host: '127.0.0.1', port: 3 });
  return {
    certificateId: made.certificate_id,
    paidId: bought.cert[0]?.cert_id ?? '',
    orderId: bought.order_id,
    csrId: csr.id,
    endpointId: watched.endpoint_id,
  };
}

/** All that the account sees of its own. */
async function everythingOf(api: ApiClient): Promise<unknown> {
  const paths = [certificates, csrs, endpoints, '/v3/scm/tags'];
  return Promise.all(paths.map((path) => api.call('GET', path)));
}

const split = (operation: string) => operation.split(' ') as [string, string];

/** The path with the ids of `whose`; what only one that is paid can do names that one. */
const fill = (path: string, whose: Property) =>
  path
    .replace('{certificate_id}', path.endsWith('/apply') ? whose.paidId : whose.certificateId)
    .replace('{resource_id}', whose.certificateId)
    .replace('{cert_id}', whose.paidId)
    .replace('{endpoint_id}', whose.endpointId)
    .replace('{id}', whose.csrId);

test('every operation of the API has a row', async () => {
  const { paths } = await owner.call<{ paths: Record<string, Record<string, unknown>> }>(
    'GET',
    '/openapi.json',
  );
  const served = Object.entries(paths)
    .filter(([path]) => path.startsWith('/v3/scm/'))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  assert.deepEqual(served.sort(), Object.keys(rows).sort());
});

test('who does not sign in, or shows no true token, gets nothing', async () => {
  const strangers = await Promise.all([undefined, 'x'.repeat(40)].map((token) => clientWith(server, token)));
  for (const operation of Object.keys(rows)) {
    const [method, path] = split(operation);
    for (const stranger of strangers) {
      const answer = await stranger.send(method, fill(path, property), '{}');
      assert.equal(answer.status, 401, `${operation}: ${answer.text}`);
    }
  }
  for (const stranger of strangers) stranger.close();
});

for (const [operation, row] of Object.entries(rows)) {
  const [method, path] = split(operation);
  const attempt = (api: ApiClient, whose: Property) => api.send(method, fill(path, whose), row.body?.(whose));

  if (row.kind === 'named')
    test(`${operation}: another account's resource is not found, as if nobody had it`, async () => {
      const before = await everythingOf(owner);
      const answer = await attempt(intruder, property);
      const refusal = row.refusal ?? { status: 404, code: 'SCM.0094' };
      const { error_code } = answer.json as { error_code: string };
      assert.deepEqual({ status: answer.status, code: error_code }, refusal, answer.text);
      const missing = await attempt(intruder, nobodys);
      const withoutIds = (text: string) => text.replace(/scs\d{13}|[0-9a-f]{32}/g, 'id');
      assert.deepEqual(
        [missing.status, withoutIds(missing.text)],
        [answer.status, withoutIds(answer.text)],
        'the refusal does not tell that it exists',
      );
      assert.deepEqual(await everythingOf(owner), before, 'and nothing changed');
    });
  else
    test(`${operation}: the answer holds nothing of another account`, async () => {
      const answer = await attempt(intruder, intrudersProperty);
      assert.ok(answer.status < 300, `${answer.status} ${answer.text}`);
      for (const secret of [...Object.values(property), 'secret-of-the-owner'])
        assert.ok(!answer.text.includes(secret), answer.text);
    });
}

// The control: the same requests reach their resource when its owner sends them, so the refusals above were for the account.
test('the owner is not refused like that', async () => {
  for (const [operation, row] of Object.entries(rows)) {
    const [method, path] = split(operation);
    const answer = await owner.send(method, fill(path, property), row.body?.(property));
    const { error_code: code } = (answer.json ?? {}) as { error_code?: string };
    const refusals = ['SCM.0094', 'SCM.0707', 'SCM.0506'];
    assert.ok(answer.status !== 401 && !refusals.includes(code ?? ''), `${operation}: ${answer.text}`);
  }
});
