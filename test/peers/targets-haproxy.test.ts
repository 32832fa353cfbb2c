// Needs: haproxy and openssl on the PATH.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createOutbound } from '../../src/platform/outbound/index.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { testBundle } from '../../src/ssl-certificates/targets/bundle.fixture.ts';
import { createTargets } from '../../src/ssl-certificates/targets/create-targets.ts';
import {
  type CertificateBundle,
  type Target,
  TargetFailure,
} from '../../src/ssl-certificates/targets/target.ts';
import type { HaproxyConfiguration } from '../../src/ssl-certificates/targets/target-configuration.ts';
import { freePort } from '../support/free-port.ts';
import { type Service, serve } from './support/programs.ts';
import { servedFingerprint } from './support/served-fingerprint.ts';

const folder = await mkdtemp(join(tmpdir(), 'openccm-targets-haproxy-'));
after(() => rm(folder, { recursive: true, force: true }));

const resource = (id: string) => ({ id, type: '', domainName: '', enterpriseProjectId: '' });
const pemOf = (bundle: CertificateBundle) => bundle.certificatePem + bundle.chainPem + bundle.privateKeyPem;
const failsWith = (text: RegExp) => (error: unknown) =>
  error instanceof TargetFailure && text.test(error.text);

/** A HAProxy that serves shop.test; `new.test` is a resource that it does not know yet. */
async function startHaproxy(name: string) {
  const home = join(folder, name);
  await mkdir(home);
  const port = await freePort();
  const adminPort = await freePort();
  const crtList = join(home, 'list.txt');
  const shop = join(home, 'shop.pem');
  const first = await testBundle('scs0000000000001', ['shop.test']);
  await writeFile(shop, pemOf(first), { mode: 0o600 });
  await writeFile(crtList, `${shop} [alpn h2,http/1.1]\n`);
  const socket = join(home, 'admin.sock');
  await writeFile(
    join(home, 'haproxy.cfg'),
    `global
  stats socket ${socket} level admin
  stats socket ipv4@127.0.0.1:${adminPort} level admin
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend shop
  bind 127.0.0.1:${port} ssl crt-list ${crtList}
  http-request return status 200
`,
  );
  let service: Service = serve('haproxy', ['-db', '-f', join(home, 'haproxy.cfg')]);
  after(() => service.stop());
  const restart = async () => {
    await service.stop();
    service = serve('haproxy', ['-db', '-f', join(home, 'haproxy.cfg')]);
  };
  const served = (site: string) => servedFingerprint(port, site, service);
  await served('shop.test');
  const probe = [{ host: '127.0.0.1', port }];
  const configuration: HaproxyConfiguration = {
    service: 'ELB',
    project: 'cn-north-7',
    connector: 'haproxy',
    socket,
    crt_list: crtList,
    probe_seconds: 5,
    resources: {
      shop: { certificate_file: shop, probe },
      new: { certificate_file: join(home, 'new.pem'), probe },
    },
  };
  return { home, port, adminPort, crtList, first, served, restart, configuration };
}

async function open(configuration: HaproxyConfiguration): Promise<Target> {
  const ports = {
    outbound: createOutbound({ allow: [] }),
    machineClock: { nowMs: () => 0 },
    random: systemRandom,
    deployedFolder: join(folder, 'unused'),
    project: 'unused',
  };
  return (await createTargets(ports, [configuration])).find('ELB', 'cn-north-7') as Target;
}

test('HAProxy serves the new certificate without a reload, and after a restart', async () => {
  const { first, served, restart, configuration, adminPort } = await startHaproxy('works');
  assert.equal(await served('shop.test'), first.fingerprintSha256);
  for (const socket of [configuration.socket, `127.0.0.1:${adminPort}`]) {
    const target = await open({ ...configuration, socket });
    const bundle = await testBundle('scs0000000000002', ['shop.test']);
    await target.deploy(bundle, resource('shop'));
    assert.equal(await served('shop.test'), bundle.fingerprintSha256);
    const file = configuration.resources.shop!.certificate_file;
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await restart();
    assert.equal(await served('shop.test'), bundle.fingerprintSha256);
  }
});

test('a file that HAProxy does not know is added to its list, for its next start too', async () => {
  const { first, served, restart, configuration, crtList } = await startHaproxy('adds');
  const target = await open(configuration);
  const bundles = [
    await testBundle('scs0000000000002', ['new.test']),
    await testBundle('scs0000000000003', ['new.test']),
  ];
  for (const bundle of bundles) {
    await target.deploy(bundle, resource('new'));
    assert.equal(await served('new.test'), bundle.fingerprintSha256);
  }
  const listed = (await readFile(crtList, 'utf8')).trimEnd().split('\n');
  assert.equal(listed.length, 2);
  await restart();
  assert.equal(await served('new.test'), bundles[1]!.fingerprintSha256);
  assert.equal(await served('shop.test'), first.fingerprintSha256);
});

test('a push is served by the names of the certificate', async () => {
  const { home, served, restart, configuration } = await startHaproxy('pushes');
  const target = await open({ ...configuration, push_folder: home });
  const bundle = await testBundle('scs0000000000002', ['pushed.test']);
  assert.equal(await target.push(bundle), bundle.certificateId);
  assert.equal(await target.push(bundle), bundle.certificateId);
  assert.equal(await served('pushed.test'), bundle.fingerprintSha256);
  await restart();
  assert.equal(await served('pushed.test'), bundle.fingerprintSha256);
});

test('deployments at once do not mix in the one transaction that HAProxy has', async () => {
  const { served, configuration } = await startHaproxy('together');
  const target = await open(configuration);
  const shop = await testBundle('scs0000000000002', ['shop.test']);
  const fresh = await testBundle('scs0000000000003', ['new.test']);
  await Promise.all([target.deploy(shop, resource('shop')), target.deploy(fresh, resource('new'))]);
  assert.deepEqual(
    [await served('shop.test'), await served('new.test')],
    [shop.fingerprintSha256, fresh.fingerprintSha256],
  );
});

test('a key that does not fit is refused, and the next deployment finds no transaction', async () => {
  const { first, served, restart, configuration } = await startHaproxy('refuses');
  const target = await open(configuration);
  const bundle = await testBundle('scs0000000000002', ['shop.test']);
  const broken = { ...bundle, privateKeyPem: (await testBundle()).privateKeyPem };
  await assert.rejects(
    target.deploy(broken, resource('shop')),
    failsWith(/HAProxy: .*former certificate is in use/),
  );
  assert.equal(await served('shop.test'), first.fingerprintSha256);
  await restart();
  assert.equal(await served('shop.test'), first.fingerprintSha256);
  await target.deploy(bundle, resource('shop'));
  assert.equal(await served('shop.test'), bundle.fingerprintSha256);
});

test('a certificate that is not served where it should be is taken back, a new one out again', async () => {
  const { first, served, restart, configuration, crtList } = await startHaproxy('probe');
  const listed = await readFile(crtList, 'utf8');
  const elsewhere = [{ host: '127.0.0.1', port: await freePort() }];
  const resources = Object.fromEntries(
    Object.entries(configuration.resources).map(([id, each]) => [id, { ...each, probe: elsewhere }]),
  );
  const target = await open({ ...configuration, probe_seconds: 0, resources });
  for (const [id, name] of [
    ['shop', 'shop.test'],
    ['new', 'new.test'],
  ] as const) {
    const bundle = await testBundle('scs0000000000002', [name]);
    await assert.rejects(target.deploy(bundle, resource(id)), failsWith(/does not serve TLS/));
  }
  assert.equal(await served('shop.test'), first.fingerprintSha256);
  assert.equal(await served('new.test'), first.fingerprintSha256, 'the default of the list');
  assert.equal(await readFile(crtList, 'utf8'), listed);
  await restart();
  assert.equal(await served('shop.test'), first.fingerprintSha256);
  // What was taken out leaves nothing behind that is in the way.
  const working = await open(configuration);
  const bundle = await testBundle('scs0000000000003', ['new.test']);
  await working.deploy(bundle, resource('new'));
  assert.equal(await served('new.test'), bundle.fingerprintSha256);
});

test('a HAProxy that is away, or knows no such resource, is said to be', async () => {
  const { configuration } = await startHaproxy('away');
  const bundle = await testBundle();
  const away = await open({ ...configuration, socket: join(folder, 'nobody.sock') });
  await assert.rejects(away.deploy(bundle, resource('shop')), { kind: 'unavailable' });
  const target = await open(configuration);
  await assert.rejects(target.deploy(bundle, resource('other')), { kind: 'no-such-resource' });
  await assert.rejects(target.push(bundle), { kind: 'refused' });
});
