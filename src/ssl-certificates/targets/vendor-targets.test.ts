import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testBundle } from './bundle.fixture.ts';
import { createTargets } from './create-targets.ts';
import type { CertificateBundle, Target } from './target.ts';
import type { VendorConfiguration } from './target-configuration.ts';
import {
  type Heard,
  type Spoken,
  serveHttp,
  serveTls,
  targetPorts,
  temporaryFolder,
} from './targets.fixture.ts';

const projectId = '0123456789abcdef0123456789abcdef';
const resourceOf = (id: string, type = '') => ({ id, type, domainName: '', enterpriseProjectId: '' });

/** A target of the vendor's service, which is played by `answer`; what it does not know is 404. */
async function opened(
  service: 'ELB' | 'WAF' | 'CDN',
  routes: Readonly<Record<string, (heard: Heard) => Spoken>>,
  change: Partial<VendorConfiguration> = {},
) {
  const { url, heard } = await serveHttp((one) => {
    const route = routes[`${one.method} ${one.path}`];
    return route?.(one) ?? [404, { error_code: 'X.404', error_msg: `${one.method} ${one.path}` }];
  });
  const project = service === 'CDN' ? 'global' : 'cn-north-4';
  const targets = await createTargets(targetPorts(await temporaryFolder()), [
    {
      service,
      project,
      connector: 'vendor',
      endpoint: url,
      access_key: 'AK',
      secret_key: 'SK',
      project_id: projectId,
      probe_seconds: 0,
      ...change,
    },
  ]);
  const written = () => heard.filter((one) => one.method !== 'GET');
  return { target: targets.find(service, project) as Target, heard, written };
}

/** An endpoint that serves the certificate, and one that serves another. */
async function endpoints(bundle: CertificateBundle) {
  const stranger = await testBundle();
  const serve = (each: CertificateBundle) =>
    serveTls(async () => ({ cert: each.certificatePem, key: each.privateKeyPem }));
  const at = (port: number) => [{ host: '127.0.0.1', port }];
  return { right: at(await serve(bundle)), wrong: at(await serve(stranger)) };
}

const elb = `/v3/${projectId}/elb`;
const contentOf = (bundle: CertificateBundle) => ({
  name: bundle.name,
  domain: bundle.domain,
  certificate: bundle.certificatePem + bundle.chainPem,
  private_key: bundle.privateKeyPem,
  scm_certificate_id: bundle.certificateId,
  source: 'scm',
});

test('ELB: pushed once, updated after that; signed', async () => {
  const bundle = await testBundle();
  let known: { id: string }[] = [];
  const { target, heard, written } = await opened('ELB', {
    [`GET ${elb}/certificates`]: (one) => {
      assert.equal(one.query.get('scm_certificate_id'), bundle.certificateId);
      return [200, { certificates: known }];
    },
    [`POST ${elb}/certificates`]: () => [201, { certificate: { id: 'e1' } }],
    [`PUT ${elb}/certificates/e1`]: () => [200, { certificate: { id: 'e1' } }],
  });
  assert.equal(await target.push(bundle), 'e1');
  known = [{ id: 'e1' }];
  assert.equal(await target.push(bundle), 'e1');
  assert.deepEqual(
    written().map((one) => [one.method, one.body]),
    [
      ['POST', { certificate: { ...contentOf(bundle), type: 'server' } }],
      ['PUT', { certificate: contentOf(bundle) }],
    ],
  );
  for (const one of heard) assert.match(String(one.headers.authorization), /^SDK-HMAC-SHA256 Access=AK, /);
});

test('ELB: a certificate of ELB gets the new content; its name is that of the resource', async () => {
  const bundle = await testBundle();
  const { right } = await endpoints(bundle);
  const { target, written } = await opened(
    'ELB',
    {
      [`GET ${elb}/certificates/c1`]: () => [200, { certificate: { id: 'c1', name: 'shop' } }],
      [`PUT ${elb}/certificates/c1`]: () => [200, {}],
    },
    { probe: { c1: right } },
  );
  assert.deepEqual(await target.deploy(bundle, resourceOf('c1')), {
    targetCertificateId: 'c1',
    resourceName: 'shop',
  });
  assert.deepEqual(written()[0]?.body, { certificate: contentOf(bundle) });
});

test('ELB: what is not served is put back where the service tells the key, and said where it does not', async () => {
  const [bundle, former] = [await testBundle(), await testBundle()];
  const { wrong } = await endpoints(bundle);
  const before = { id: 'c1', certificate: former.certificatePem, private_key: former.privateKeyPem };
  for (const [certificate, text, writes] of [
    [before, /The former certificate is in use again/, 2],
    [{ ...before, private_key: '***' }, /does not tell its private key/, 1],
  ] as const) {
    const { target, written } = await opened(
      'ELB',
      {
        [`GET ${elb}/certificates/c1`]: () => [200, { certificate }],
        [`PUT ${elb}/certificates/c1`]: () => [200, {}],
      },
      { probe: { c1: wrong } },
    );
    await assert.rejects(target.deploy(bundle, resourceOf('c1')), { kind: 'refused', text });
    assert.equal(written().length, writes);
    if (writes === 2)
      assert.deepEqual(written()[1]?.body, {
        certificate: { certificate: former.certificatePem, private_key: former.privateKeyPem },
      });
  }
});

test('ELB: a listener gets the certificate as its default, and its former one if it is not served', async () => {
  const bundle = await testBundle();
  const { wrong } = await endpoints(bundle);
  const routes = {
    [`GET ${elb}/listeners/l1`]: (): Spoken => [
      200,
      { listener: { id: 'l1', name: 'https', default_tls_container_ref: 'e0' } },
    ],
    [`GET ${elb}/certificates`]: (): Spoken => [200, { certificates: [] }],
    [`POST ${elb}/certificates`]: (): Spoken => [201, { certificate: { id: 'e1' } }],
    [`PUT ${elb}/listeners/l1`]: (): Spoken => [200, {}],
  };
  const good = await opened('ELB', routes);
  assert.deepEqual(await good.target.deploy(bundle, resourceOf('l1', 'listener')), {
    targetCertificateId: 'e1',
    resourceName: 'https',
  });
  const bad = await opened('ELB', routes, { probe: { l1: wrong } });
  await assert.rejects(bad.target.deploy(bundle, resourceOf('l1', 'listener')), /former certificate again/);
  assert.deepEqual(
    bad
      .written()
      .slice(1)
      .map((one) => one.body),
    [{ listener: { default_tls_container_ref: 'e1' } }, { listener: { default_tls_container_ref: 'e0' } }],
  );
});

test('ELB: who uses a certificate, and an id is only a part of a path', async () => {
  const { target, heard } = await opened('ELB', {
    [`GET ${elb}/listeners`]: (one) => {
      assert.equal(one.query.get('default_tls_container_ref'), 'e1');
      return [200, { listeners: [{ id: 'l1', name: 'https' }] }];
    },
  });
  assert.deepEqual(await target.resourcesUsing('e1'), [{ id: 'l1', name: 'https' }]);
  await assert.rejects(target.deploy(await testBundle(), resourceOf('../listeners')), {
    kind: 'no-such-resource',
  });
  assert.equal(heard.at(-1)?.path, `${elb}/certificates/..%2Flisteners`);
});

for (const [status, body, kind, text] of [
  [
    404,
    { error_code: 'ELB.8904', error_msg: 'certificate c1 does not exist' },
    'no-such-resource',
    'ELB.8904:certificate c1 does not exist',
  ],
  [403, { error_code: 'ELB.1101', error_msg: 'denied' }, 'forbidden', 'ELB.1101:denied'],
  [409, { error_code: 'ELB.8909', error_msg: 'Quota exceeded for certificate' }, 'quota', /Quota exceeded/],
  [400, { code: 'X', message: 'bad' }, 'refused', 'X:bad'],
  [500, undefined, 'unavailable', /^/],
] as const)
  test(`the service's ${status} is ${kind}, in its own words`, async () => {
    const { target } = await opened('ELB', { [`GET ${elb}/certificates/c1`]: () => [status, body] });
    await assert.rejects(target.deploy(await testBundle(), resourceOf('c1')), { kind, text });
  });

const waf = `/v1/${projectId}`;

test('WAF: certificates are found by name, applied to hosts of either kind, and taken back', async () => {
  const bundle = await testBundle();
  const { right, wrong } = await endpoints(bundle);
  const items: { id: string; name: string }[] = [{ id: 'w9', name: 'somebody' }];
  const host = (): Spoken => [200, { id: 'h1', hostname: 'www.example.test', certificateid: 'w0' }];
  const { target, written } = await opened(
    'WAF',
    {
      [`GET ${waf}/waf/instance/h1`]: host,
      [`GET ${waf}/premium-waf/host/h2`]: host,
      [`GET ${waf}/waf/certificate`]: () => [200, { items, total: items.length }],
      [`POST ${waf}/waf/certificate`]: ({ body }) => {
        items.push({ id: 'w1', name: (body as { name: string }).name });
        return [200, { id: 'w1' }];
      },
      [`POST ${waf}/waf/certificate/w1/apply-to-hosts`]: () => [200, {}],
      [`POST ${waf}/waf/certificate/w0/apply-to-hosts`]: () => [200, {}],
    },
    { probe: { h1: right, h2: wrong } },
  );
  const cloud = { ...resourceOf('h1', 'cloud'), enterpriseProjectId: '0' };
  const deployed = { targetCertificateId: 'w1', resourceName: 'www.example.test' };
  assert.deepEqual(await target.deploy(bundle, cloud), deployed);
  assert.equal(await target.push(bundle), 'w1');
  const premium = { ...resourceOf('h2', 'premium'), enterpriseProjectId: '0' };
  await assert.rejects(target.deploy(bundle, premium), /The former certificate is in use again/);
  const [made, ...applied] = written();
  const { name, ...content } = made!.body as Record<string, string>;
  assert.match(name!, /^[A-Za-z0-9._-]{1,64}$/);
  assert.deepEqual(content, { content: bundle.certificatePem + bundle.chainPem, key: bundle.privateKeyPem });
  assert.equal(made?.query.get('enterprise_project_id'), '0');
  assert.deepEqual(
    applied.map((one) => [one.path.split('/').at(-2), one.body]),
    [
      ['w1', { cloud_host_ids: ['h1'], premium_host_ids: [] }],
      ['w1', { cloud_host_ids: [], premium_host_ids: ['h2'] }],
      ['w0', { cloud_host_ids: [], premium_host_ids: ['h2'] }],
    ],
  );
});

test('WAF: who uses a certificate', async () => {
  const { target } = await opened('WAF', {
    [`GET ${waf}/waf/certificate/w1`]: () => [
      200,
      { id: 'w1', bind_host: [{ id: 'h1', hostname: 'www.example.test' }] },
    ],
  });
  assert.deepEqual(await target.resourcesUsing('w1'), [{ id: 'h1', name: 'www.example.test' }]);
});

const configs = (domain: string) => `/v1.1/cdn/configuration/domains/${domain}/configs`;

test('CDN: pushed to every domain that the certificate is for, keeping what goes with it', async () => {
  const bundle = await testBundle('scs0000000000001', ['www.example.test', '*.shop.test']);
  const domains = ['www.example.test', 'a.shop.test', 'other.test'].map((domain_name) => ({ domain_name }));
  const get = (): Spoken => [200, { configs: { https: { https_status: 'off', http2_status: 'on' } } }];
  const put = (): Spoken => [200, {}];
  const { target, written } = await opened('CDN', {
    'GET /v1.0/cdn/domains': () => [200, { total: 3, domains }],
    [`GET ${configs('www.example.test')}`]: get,
    [`PUT ${configs('www.example.test')}`]: put,
    [`GET ${configs('a.shop.test')}`]: get,
    [`PUT ${configs('a.shop.test')}`]: put,
  });
  assert.equal(await target.push(bundle), bundle.certificateId);
  assert.deepEqual(
    written().map((one) => one.path),
    [configs('www.example.test'), configs('a.shop.test')],
  );
  assert.deepEqual(written()[0]?.body, {
    configs: {
      https: {
        http2_status: 'on',
        https_status: 'on',
        certificate_type: 'server',
        certificate_source: 0,
        certificate_name: bundle.certificateId,
        certificate_value: bundle.certificatePem + bundle.chainPem,
        private_key: bundle.privateKeyPem,
      },
    },
  });
  const other = await testBundle('scs0000000000002', ['nobody.test']);
  await assert.rejects(target.push(other), { kind: 'no-such-resource' });
});

test('CDN: what is not served is put back as far as the service lets it', async () => {
  const bundle = await testBundle();
  const { wrong } = await endpoints(bundle);
  const domain = 'www.example.test';
  for (const [https, text, undone] of [
    [{ https_status: 'off' }, /HTTPS is off again/, { https_status: 'off' }],
    [
      { https_status: 'on', certificate_source: 2, scm_certificate_id: 'scs1', certificate_name: 'n' },
      /in use again/,
      { https_status: 'on', certificate_source: 2, scm_certificate_id: 'scs1', certificate_name: 'n' },
    ],
    [{ https_status: 'on', certificate_source: 0 }, /does not tell its private key/, undefined],
  ] as const) {
    const { target, written } = await opened(
      'CDN',
      {
        [`GET ${configs(domain)}`]: () => [200, { configs: { https } }],
        [`PUT ${configs(domain)}`]: () => [200, {}],
      },
      { probe: { [domain]: wrong } },
    );
    const resource = { ...resourceOf(''), domainName: domain };
    await assert.rejects(target.deploy(bundle, resource), { kind: 'refused', text });
    assert.deepEqual(written()[1]?.body, undone && { configs: { https: undone } });
  }
});

test('CDN: who uses a certificate', async () => {
  const { target } = await opened('CDN', {
    'GET /v1.0/cdn/domains/https-certificate-info': () => [
      200,
      {
        https: [
          { domain_name: 'www.example.test', cert_name: 'scs0000000000001' },
          { domain_name: 'other.test', cert_name: 'theirs' },
        ],
      },
    ],
  });
  assert.deepEqual(await target.resourcesUsing('scs0000000000001'), [
    { id: 'www.example.test', name: 'www.example.test' },
  ]);
});

test('a service that is not there is unavailable', async () => {
  const { target } = await opened('ELB', {}, { endpoint: 'http://127.0.0.1:1' });
  await assert.rejects(target.deploy(await testBundle(), resourceOf('c1')), { kind: 'unavailable' });
});
