// Needs: the vendor's Python SDK (test/peers/install.sh).
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startDnsServer } from '../support/dns-server.ts';
import { selfSignedCredentials } from '../support/self-signed.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { peersPython, run } from './support/programs.ts';
import { openSdkSession, type SdkSession } from './support/sdk-session.ts';

const domain = 'www.example.test';
const issuedWithinMs = 60_000;
const project = 'cn-north-4';

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
const application = {
  domain,
  applicant_name: 'Ann',
  applicant_phone: '+861012345678',
  applicant_email: 'ann@example.test',
  agree_privacy_protection: true,
  domain_method: 'DNS',
  key_algorithm: 'EC_P256',
};

/** Every operation of the client, by the names of its methods. */
const listOperations = `
from huaweicloudsdkscm.v3 import ScmClient
print(*(name[1:-10] for name in dir(ScmClient) if name.startswith("_") and name.endswith("_http_info")))
`;

describe("SSL certificates with the vendor's SDK, unmodified, over HTTPS with a signed request", () => {
  const called = new Set<string>();
  const records = new Map<string, string>();
  let dns: Awaited<ReturnType<typeof startDnsServer>>;
  let folder = '';
  let server: RunningServer;
  let sdk: SdkSession;

  before(async () => {
    dns = await startDnsServer(({ name, type }) => {
      const value = records.get(name);
      return type === 'TXT' && value !== undefined ? [{ name, type, ttl: 1, data: [value] }] : [];
    });
    folder = await mkdtemp(join(tmpdir(), 'openccm-sdk-ssl-'));
    const file = join(folder, 'ssl.json');
    const configuration = {
      applications: { first_check_seconds: 1, longest_check_seconds: 1 },
      validation: { resolvers: [dns.address] },
    };
    await writeFile(file, JSON.stringify(configuration));
    server = await startServer({ env: { OPENCCM_SSL_CONFIG: file, OPENCCM_RSA_POOL_SIZE: '0' } });
    sdk = openSdkSession(server);
  });
  after(async () => {
    await sdk?.close();
    await server?.stop();
    await dns?.close();
    await rm(folder, { recursive: true });
  });

  function call<Result = unknown>(operation: string, fields: object = {}, body?: object): Promise<Result> {
    called.add(operation);
    return sdk.call<Result>(operation, { fields, ...(body !== undefined && { body }) });
  }
  async function refused(code: RegExp, operation: string, fields: object, body?: object): Promise<void> {
    await assert.rejects(call(operation, fields, body), code);
  }
  async function buy(): Promise<string> {
    const bought = await call<{ cert: { cert_id: string }[] }>('subscribe_certificate', {}, product);
    return bought.cert[0]!.cert_id;
  }
  interface Shown {
    readonly status: string;
    readonly authentification: readonly { record_name: string; record_value: string }[];
  }
  const show = (id: string) => call<Shown>('show_certificate', { certificate_id: id });
  async function reach(id: string, status: string): Promise<Shown> {
    for (const deadline = performance.now() + issuedWithinMs; ; await delay(200)) {
      const shown = await show(id);
      if (shown.status === status) return shown;
      if (performance.now() > deadline) throw new Error(`not ${status}: ${JSON.stringify(shown)}`);
    }
  }
  async function issued(): Promise<string> {
    const id = await buy();
    await call('apply_certificate', { certificate_id: id }, application);
    const [record] = (await reach(id, 'CHECKING_DOMAIN')).authentification;
    records.set(record!.record_name, record!.record_value);
    await reach(id, 'ISSUED');
    return id;
  }

  it('one is bought and given back', async () => {
    const id = await buy();
    assert.equal((await show(id)).status, 'PAID');
    await call('unsubscribe_certificate', { cert_id: id });
    await refused(/404 SCM\.0094/, 'show_certificate', { certificate_id: id });
  });

  it('an application is withdrawn', async () => {
    const id = await buy();
    await call('apply_certificate', { certificate_id: id }, application);
    await reach(id, 'CHECKING_DOMAIN');
    await call('cancel_certificate_request', { certificate_id: id });
    await reach(id, 'PAID');
  });

  it('one is verified, issued, exported, pushed, deployed and told of', async () => {
    const id = await issued();
    const exported = await call<{ certificate: string; private_key: string }>('export_certificate', {
      certificate_id: id,
    });
    assert.match(exported.certificate, /^-----BEGIN CERTIFICATE-----/);
    assert.match(exported.private_key, /^-----BEGIN (EC )?PRIVATE KEY-----/);
    const own = { certificate_id: id };
    await call('push_certificate', own, { target_project: project, target_service: 'ELB' });
    const pushed = await call<{ results: unknown[] }>('batch_push_certificate', own, {
      target_projects: [project],
      target_service: 'WAF',
    });
    assert.equal(pushed.results.length, 1);
    const deployed = await call<{ failure_list: unknown[] }>('deploy_certificate', own, {
      service_name: 'CDN',
      resources: [{ domain_name: domain }],
    });
    assert.deepEqual(deployed.failure_list, []);
    const where = await call<{ results: unknown[] }>(
      'list_deployed_resources',
      {},
      { certificate_ids: [id], service_names: ['ALL'] },
    );
    assert.match(JSON.stringify(where.results), new RegExp(domain));
    const notices = [{ resource_id: id, notice_type: ['CERT_EXPIRING', 'CERT_EXPIRED'] }];
    await call('disable_notification', {}, notices);
    await call('enable_notification', {}, notices);
    const none = [{ resource_id: 'scs0000000000001', notice_type: ['CERT_EXPIRED'] }];
    await refused(/404 SCM\.0094/, 'enable_notification', {}, none);
  });

  it('one is imported, listed, tagged, found by its tags and deleted', async () => {
    const { certificatePem, keyPem } = await selfSignedCredentials('imported.example.test', [
      { type: 'DNS', value: 'imported.example.test' },
    ]);
    const { certificate_id: id } = await call<{ certificate_id: string }>(
      'import_certificate',
      {},
      { name: 'imported', certificate: certificatePem, private_key: keyPem },
    );
    const listed = await call<{ certificates: { id: string; status: string }[] }>('list_certificates', {
      status: 'UPLOAD',
      content: 'imported',
      limit: 10,
    });
    assert.deepEqual(
      listed.certificates.map((each) => [each.id, each.status]),
      [[id, 'UPLOAD']],
    );
    const own = { resource_id: id };
    await call('create_certificate_tag', own, { tag: { key: 'stage', value: 'test' } });
    const batch = { action: 'create', tags: [{ key: '部门', value: 'a/b' }] };
    await call('batch_create_or_delete_tags', own, batch);
    const { tags } = await call<{ tags: unknown[] }>('list_tags_by_certificate', own);
    assert.deepEqual(tags, [{ key: 'stage', value: 'test' }, ...batch.tags]);
    const all = await call<{ tags: unknown[] }>('list_all_tags');
    assert.deepEqual(all.tags, [
      { key: 'stage', values: ['test'] },
      { key: '部门', values: ['a/b'] },
    ]);
    const search = { tags: [{ key: 'stage', values: ['test'] }], not_tags: [], matches: [] };
    const instances = { resource_instances: 'resource_instances' };
    interface Found {
      readonly total_count: number;
      readonly resources: {
        resource_id: string;
        resource_detail: Record<string, unknown>;
        tags: unknown[];
      }[];
    }
    const found = await call<Found>('list_certificates_by_tag', instances, {
      action: 'filter',
      limit: 50,
      offset: 0,
      ...search,
    });
    assert.equal(found.total_count, 1);
    const [resource] = found.resources;
    assert.deepEqual([resource?.resource_id, resource?.tags], [id, tags]);
    assert.partialDeepStrictEqual(resource?.resource_detail, {
      cert_id: id,
      order_status: 'UPLOAD',
      push_support: true,
      unsubscribe_support: false,
      auto_renew_status: null,
    });
    const counted = await call<Found>('list_certificates_by_tag', instances, { action: 'count', ...search });
    assert.equal(counted.total_count, 1);
    await call('batch_create_or_delete_tags', own, { action: 'delete', tags });
    await refused(/400 SCM\.0306/, 'create_certificate_tag', own, { tag: { key: 'a/b', value: '' } });
    await call('delete_certificate', { certificate_id: id });
    await refused(/404 SCM\.0094/, 'list_tags_by_certificate', own);
  });

  it('a CSR is made, renamed, read with its key, removed, and uploaded again', async () => {
    const fields = { name: 'csr', domain_name: domain, private_key_algo: 'EC_P256', usage: 'PERSONAL' };
    const { id } = await call<{ id: string }>('create_csr', {}, fields);
    await call('update_csr', { id }, { name: 'renamed' });
    const { csr, name } = await call<{ csr: string; name: string }>('show_csr', { id });
    assert.equal(name, 'renamed');
    const { private_key: key } = await call<{ private_key: string }>('show_csr_private_key', { id });
    assert.match(key, /PRIVATE KEY/);
    await call('delete_csr', { id });
    await refused(/SCM\.0707/, 'show_csr', { id });
    const uploaded = await call<{ id: string }>('upload_csr', {}, { name: 'own', csr, private_key: key });
    const listed = await call<{ csr_list: { id: string }[] }>('list_csr', { limit: 50 });
    assert.deepEqual(
      listed.csr_list.map((each) => each.id),
      [uploaded.id],
    );
  });

  it('no operation of the client was left out', async () => {
    const wanted = (await run(peersPython(), ['-c', listOperations])).trim().split(/\s+/).sort();
    assert.equal(wanted.length, 27);
    assert.deepEqual([...called].sort(), wanted);
  });
});
