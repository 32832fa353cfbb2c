// Needs: nginx and openssl on the PATH.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createOutbound } from '../../src/platform/outbound/index.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { testBundle } from '../../src/ssl-certificates/targets/bundle.fixture.ts';
import { createTargets } from '../../src/ssl-certificates/targets/create-targets.ts';
import { readPair, replacePair } from '../../src/ssl-certificates/targets/replace-files.ts';
import {
  type CertificateBundle,
  type Target,
  TargetFailure,
} from '../../src/ssl-certificates/targets/target.ts';
import type { NginxConfiguration } from '../../src/ssl-certificates/targets/target-configuration.ts';
import { freePort } from '../support/free-port.ts';
import { program, run, serve } from './support/programs.ts';
import { servedFingerprint } from './support/served-fingerprint.ts';

const folder = await mkdtemp(join(tmpdir(), 'openccm-targets-nginx-'));
after(() => rm(folder, { recursive: true, force: true }));

const resource = (id: string) => ({ id, type: '', domainName: '', enterpriseProjectId: '' });
const contentOf = (bundle: CertificateBundle) => ({
  certificate: bundle.certificatePem + bundle.chainPem,
  key: bundle.privateKeyPem,
});

/** An nginx with two sites, each with a certificate of its own already. */
async function startNginx(name: string) {
  const home = join(folder, name);
  await mkdir(join(home, 'logs'), { recursive: true });
  const port = await freePort();
  const filesOf = (site: string) => ({
    certificate_file: join(home, `${site}.crt`),
    key_file: join(home, `${site}.key`),
  });
  const sites = { shop: filesOf('shop'), mail: filesOf('mail') };
  const first = await testBundle('scs0000000000001', ['shop.test']);
  await replacePair(sites.shop, contentOf(first));
  await replacePair(sites.mail, contentOf(await testBundle('scs0000000000002', ['mail.test'])));
  const server = (site: string) =>
    `server { listen 127.0.0.1:${port} ssl; server_name ${site}.test;
       ssl_certificate ${site}.crt; ssl_certificate_key ${site}.key; return 200 "${site}\\n"; }`;
  await writeFile(
    join(home, 'nginx.conf'),
    `daemon off; pid nginx.pid; error_log stderr; worker_processes 1;
     events {}
     http {
       access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
       ${server('shop')}
       ${server('mail')}
     }`,
  );
  const command = [program('nginx'), '-p', home, '-c', 'nginx.conf'];
  const [nginx = '', ...start] = command;
  const service = serve(nginx, start);
  after(() => service.stop());
  const served = (site: string) => servedFingerprint(port, `${site}.test`, service);
  await served('shop');
  const probe = [{ host: '127.0.0.1', port }];
  const configuration: NginxConfiguration = {
    service: 'ELB',
    project: 'cn-north-7',
    connector: 'nginx',
    test: [...command, '-t', '-q'],
    reload: [...command, '-s', 'reload'],
    probe_seconds: 10,
    resources: { shop: { ...sites.shop, probe }, mail: { ...sites.mail, probe } },
  };
  return { home, sites, first, served, configuration, start: command };
}

/** What was told to nginx holds for its new workers; the old ones may take a connection yet, for a moment. */
async function assertServed(
  served: (site: string) => Promise<string>,
  site: string,
  fingerprint: string,
): Promise<void> {
  for (let tries = 1; tries < 20 && (await served(site)) !== fingerprint; tries += 1) await delay(50);
  assert.equal(await served(site), fingerprint);
}

async function open(configuration: NginxConfiguration): Promise<Target> {
  const ports = {
    outbound: createOutbound({ allow: [] }),
    machineClock: { nowMs: () => 0 },
    random: systemRandom,
    deployedFolder: join(folder, 'unused'),
    project: 'unused',
  };
  return (await createTargets(ports, [configuration])).find('ELB', 'cn-north-7') as Target;
}

const failsWith = (text: RegExp) => (error: unknown) =>
  error instanceof TargetFailure && text.test(error.text);

test('nginx serves the new certificate of one site, and the others as before', async () => {
  const { first, served, configuration } = await startNginx('works');
  await assertServed(served, 'shop', first.fingerprintSha256);
  const mail = await served('mail');
  const target = await open(configuration);
  for (let round = 0; round < 3; round += 1) {
    const bundle = await testBundle('scs0000000000003', ['shop.test']);
    await target.deploy(bundle, resource('shop'));
    await assertServed(served, 'shop', bundle.fingerprintSha256);
  }
  await assertServed(served, 'mail', mail);
});

test('deployments to two sites at once both arrive', async () => {
  const { served, configuration } = await startNginx('together');
  const target = await open(configuration);
  const shop = await testBundle('scs0000000000003', ['shop.test']);
  const mail = await testBundle('scs0000000000004', ['mail.test']);
  await Promise.all([target.deploy(shop, resource('shop')), target.deploy(mail, resource('mail'))]);
  await assertServed(served, 'shop', shop.fingerprintSha256);
  await assertServed(served, 'mail', mail.fingerprintSha256);
});

test('a key that nginx does not take is refused by its test, and the old certificate stays', async () => {
  const { first, served, configuration, sites, start } = await startNginx('refuses');
  const target = await open(configuration);
  const bundle = await testBundle('scs0000000000003', ['shop.test']);
  const broken = { ...bundle, privateKeyPem: (await testBundle()).privateKeyPem };
  await assert.rejects(
    target.deploy(broken, resource('shop')),
    failsWith(/key values mismatch.*The former certificate is in place again/is),
  );
  await assertServed(served, 'shop', first.fingerprintSha256);
  assert.deepEqual(await readPair(sites.shop), contentOf(first));
  await run(start[0]!, [...start.slice(1), '-t', '-q']);
});

test('a reload that fails, and one that does nothing, leave the old certificate in place', async () => {
  const { first, served, configuration, sites } = await startNginx('reload');
  const bundle = await testBundle('scs0000000000003', ['shop.test']);
  for (const [change, text] of [
    [{ reload: ['/bin/false'] }, /\/bin\/false/],
    [{ reload: ['/bin/true'], probe_seconds: 1 }, /serves another certificate/],
  ] as const) {
    const target = await open({ ...configuration, ...change, reload: [...change.reload] });
    await assert.rejects(target.deploy(bundle, resource('shop')), failsWith(text));
    await assertServed(served, 'shop', first.fingerprintSha256);
    assert.deepEqual(await readPair(sites.shop), contentOf(first));
  }
});

test('a site that serves something else than was deployed gets its old certificate back', async () => {
  const { first, served, configuration } = await startNginx('probe');
  const { shop } = configuration.resources;
  const probe = shop!.probe!.map((each) => ({ ...each, server_name: 'mail.test' }));
  const target = await open({ ...configuration, probe_seconds: 1, resources: { shop: { ...shop!, probe } } });
  await assert.rejects(
    target.deploy(await testBundle('scs0000000000003', ['shop.test']), resource('shop')),
    failsWith(/serves another certificate.*The former certificate is in place again/s),
  );
  // nginx follows a reload in its own time, and nothing here could wait for the old certificate: the probe looks elsewhere.
  for (let tries = 1; (await served('shop')) !== first.fingerprintSha256; tries += 1) {
    assert.ok(tries < 100, 'the old certificate is served again');
    await delay(50);
  }
});
