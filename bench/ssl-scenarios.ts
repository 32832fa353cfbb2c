import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, signIn } from '../test/support/api-client.ts';
import { selfSignedCredentials } from '../test/support/self-signed.ts';
import { type RunningServer, startServer } from '../test/support/server.ts';
import { type Load, measure } from './load.ts';
import type { Report } from './report.ts';
import { seededSslCertificates, seedSslCertificates } from './seed-ssl.ts';

const certificates = '/v3/scm/certificates';
const listed = 100_000;
const env = { OPENCCM_HTTP_API: '1' };

/** Imports, and reading among many, on data of its own. */
export async function benchSslCertificates(report: Report, seconds: number): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'openccm-bench-ssl-'));
  try {
    const bodies = {
      'P-256': await importBody('EC256'),
      'RSA-2048': await importBody('RSA2048'),
    };
    await onServer(dataDir, async (api) => {
      const { certificate_id: id } = await api.call<{ certificate_id: string }>(
        'POST',
        `${certificates}/import`,
        bodies['P-256'],
      );
      const tags = [
        { key: 'team', value: 'team-00' },
        { key: 'rare', value: 'yes' },
      ];
      await api.call('POST', `/v3/scm/${id}/tags/action`, { action: 'create', tags });
    });
    seedSslCertificates(dataDir, listed);
    await onServer(dataDir, async (api, server) => {
      const loads = loadsOn(server, { 'x-auth-token': api.token ?? '' }, seconds);
      await benchReading(report, loads);
      await benchImports(report, loads, bodies);
    });
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

type Loads = (request: Pick<Load, 'method'> & { path: string; body?: object }, more?: Partial<Load>) => Load;

function loadsOn(server: RunningServer, headers: Record<string, string>, seconds: number): Loads {
  return ({ method, path, body }, more = {}) => ({
    url: `${server.httpUrl}${path}`,
    method,
    headers,
    seconds,
    connections: 8,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...more,
  });
}

async function importBody(algorithm: 'EC256' | 'RSA2048'): Promise<object> {
  const name = 'imported.example.test';
  const { certificatePem, keyPem } = await selfSignedCredentials(
    name,
    [{ type: 'DNS', value: name }],
    algorithm,
  );
  return { name: 'imported', certificate: certificatePem, private_key: keyPem, duplicate_check: true };
}

async function benchImports(report: Report, loads: Loads, bodies: Record<string, object>): Promise<void> {
  report.section('import of an SSL certificate with its key, HTTP');
  for (const [name, body] of Object.entries(bodies))
    for (const connections of [1, 8]) {
      const load = loads({ method: 'POST', path: `${certificates}/import`, body }, { connections });
      report.add(await measure(name, load));
    }
}

async function benchReading(report: Report, loads: Loads): Promise<void> {
  report.section(`lists of ${listed} SSL certificates, HTTP`);
  for (const query of [
    '',
    'limit=50',
    'sort_key=certExpiredTime&sort_dir=ASC',
    'status=UPLOAD',
    'status=EXPIRED',
    'deploy_support=true',
    'content=device-0042',
    'offset=50000',
  ])
    report.add(await measure(query || 'list', loads({ method: 'GET', path: `${certificates}?${query}` })));
  const paths = seededSslCertificates(listed).map((id) => `${certificates}/${id}`);
  report.add(await measure('details', loads({ method: 'GET', path: certificates }, { paths })));
  report.section(`tags of ${listed} SSL certificates, HTTP`);
  const team = { key: 'team', values: ['team-07'] };
  const rare = { key: 'rare', values: [] };
  const searches: Readonly<Record<string, object>> = {
    'tags, 2,000 have it': { action: 'filter', tags: [team], limit: 50 },
    'tags and tags, 100 have one': { action: 'filter', tags: [rare, { key: 'team', values: [] }] },
    tags_any: { action: 'filter', tags_any: [team, rare], limit: 50 },
    'not_tags_any, first page': { action: 'filter', not_tags_any: [team], limit: 50 },
    'count tags': { action: 'count', tags: [team] },
    'count without condition': { action: 'count' },
  };
  for (const [name, body] of Object.entries(searches)) {
    const path = '/v3/scm/resource_instances/action';
    report.add(await measure(name, loads({ method: 'POST', path, body })));
  }
  report.add(await measure('all tags', loads({ method: 'GET', path: '/v3/scm/tags' })));
}

async function onServer<Result>(
  dataDir: string,
  work: (api: ApiClient, server: RunningServer) => Promise<Result>,
): Promise<Result> {
  const server = await startServer({ dataDir, env });
  const api = await signIn(server);
  try {
    return await work(api, server);
  } finally {
    api.close();
    await server.stop();
  }
}
