// Needs: BIND (named, dig, nsupdate), nginx, HAProxy, Pebble, openssl, curl and the vendor's Python SDK (test/peers/install.sh).
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startNameServer } from './support/name-server.ts';
import { startPebble } from './support/pebble.ts';
import { run } from './support/programs.ts';
import {
  hostName,
  type SslInstallation,
  startSslInstallation,
  tsig,
  zone,
} from './support/ssl-installation.ts';
import { apply, builtInRoots, buy, deploy, deployedTo, successorOf } from './support/ssl-requests.ts';

const daySeconds = 86_400;
async function assertServed(
  installation: SslInstallation,
  expected: Partial<Record<'nginx' | 'haproxy', string | null>>,
  rootsFile: string,
  atMs?: number,
): Promise<void> {
  for (const [where, fingerprint] of Object.entries(expected)) {
    const look = () => installation.served(where as 'nginx' | 'haproxy', rootsFile, atMs);
    let served = await look();
    // Beside its new workers nginx has the old ones, for a moment: they may take a connection yet.
    for (let again = 0; again < 20 && served.fingerprint !== fingerprint; again += 1) {
      await delay(50);
      served = await look();
    }
    assert.equal(served.fingerprint, fingerprint, where);
    assert.ok(served.isVerified, served.said);
  }
}

describe('a certificate of the built-in issuer, bought for two years', () => {
  let installation: SslInstallation;
  let first: string;
  let second: string;
  let rootsFile: string;
  let nowMs: number;
  after(() => installation?.stop());

  it('is bought, and applied for: OpenCCM writes the record into BIND and finds it there', async () => {
    installation = await startSslInstallation();
    first = await buy(installation);
    await apply(installation, first, { auto_dns_auth: true });
    await installation.reach(first, 'ISSUED');
  });

  it('leaves no record behind', async () => {
    const records = () => installation.bind.dig(`_dnsauth.${hostName}`, 'TXT');
    for (const deadline = performance.now() + 10_000; (await records()).length > 0; await delay(100))
      assert.ok(performance.now() < deadline, 'the record is still there');
  });

  it('is deployed to nginx and to HAProxy, where OpenSSL verifies it by the roots of /scm/roots.pem', async () => {
    rootsFile = await builtInRoots(installation);
    const before = await installation.served('nginx', rootsFile);
    assert.ok(!before.isVerified, 'what was there before is not trusted');
    assert.deepEqual(await deploy(installation, first), []);
    const { fingerprint } = await installation.show(first);
    await assertServed(installation, { nginx: fingerprint, haproxy: fingerprint }, rootsFile);
    assert.deepEqual(await deployedTo(installation, first), [`CDN ${hostName}`, 'ELB listener']);
  });

  it('is followed after 11 months by the next one, which takes its place wherever the servers take it', async () => {
    const { fingerprint: former } = await installation.show(first);
    await installation.nginx.spoil(true);
    nowMs = await installation.advance(336 * daySeconds);
    const { id, fingerprint } = await successorOf(installation, first);
    second = id;
    assert.notEqual(fingerprint, former);
    await installation.reach(first, 'ISSUED');
    assert.deepEqual(await deployedTo(installation, second), [`CDN ${hostName}`]);
    assert.deepEqual(await deployedTo(installation, first), ['ELB listener']);
    await assertServed(installation, { nginx: former, haproxy: fingerprint }, rootsFile, nowMs);
  });

  it('is deployed by the redeployment once nginx takes its configuration again', async () => {
    const { fingerprint } = await installation.show(second);
    await installation.nginx.spoil(false);
    nowMs = await installation.advance(3_700);
    assert.deepEqual(await deployedTo(installation, second), [`CDN ${hostName}`, 'ELB listener']);
    assert.deepEqual(await deployedTo(installation, first), []);
    // Its own notAfter is past by then for the first one: the second one serves.
    nowMs = await installation.advance(31 * daySeconds);
    await assertServed(installation, { nginx: fingerprint, haproxy: fingerprint }, rootsFile, nowMs);
    await installation.reach(first, 'EXPIRED');
  });

  it('is left in place by a deployment that nginx refuses, and the reason is told', async () => {
    const { fingerprint } = await installation.show(second);
    const third = await buy(installation, { effective_time: 1 });
    await apply(installation, third, { auto_dns_auth: true });
    const { fingerprint: wanted } = await installation.reach(third, 'ISSUED');
    await installation.nginx.spoil(true);
    const failures = await deploy(installation, third);
    assert.deepEqual(
      failures.map(({ resource }) => resource),
      ['listener'],
    );
    assert.match(failures[0]?.failure_info ?? '', /no_such_directive/);
    const now = await installation.advance(0);
    await assertServed(installation, { nginx: fingerprint, haproxy: wanted }, rootsFile, now);
    await installation.nginx.spoil(false);
    await run(installation.nginx.command()[0]!, installation.nginx.command('-s', 'reload').slice(1));
    await delay(500);
    await assertServed(installation, { nginx: fingerprint, haproxy: wanted }, rootsFile, now);
    assert.deepEqual(await deployedTo(installation, second), ['ELB listener']);
    assert.deepEqual(await deployedTo(installation, third), [`CDN ${hostName}`]);
  });

  it('waits while BIND is away, into which OpenCCM is to write', async () => {
    const { bind } = installation;
    await bind.interrupt();
    const fifth = await buy(installation, { effective_time: 1 });
    await apply(installation, fifth, { auto_dns_auth: true });
    const { authentification } = await installation.reach(fifth, 'CHECKING_DOMAIN');
    await delay(1_500);
    await bind.resume();
    await installation.reach(fifth, 'ISSUED');
    const records = () => bind.dig(authentification[0]!.record_name, 'TXT');
    for (const deadline = performance.now() + 10_000; (await records()).length > 0; await delay(100))
      assert.ok(performance.now() < deadline, 'the record is still there');
  });

  it('waits, without auto DNS, until the applicant has written the record', async () => {
    const fourth = await buy(installation, { effective_time: 1 });
    await apply(installation, fourth);
    const { authentification } = await installation.reach(fourth, 'CHECKING_DOMAIN');
    const [record] = authentification;
    assert.deepEqual([record?.domain, record?.record_type], [hostName, 'TXT']);
    await delay(1_500);
    assert.equal((await installation.show(fourth)).status, 'CHECKING_DOMAIN');
    await installation.bind.publishText(tsig, record!.record_name, record!.record_value);
    await installation.reach(fourth, 'ISSUED');
    // It is the applicant's, who may want it again.
    assert.deepEqual(await installation.bind.dig(record!.record_name, 'TXT'), [`"${record!.record_value}"`]);
  });
});

test('an ACME server that looks into the same BIND issues, and its short-lived certificate is followed in time', async (t) => {
  const nameServer = await startNameServer(zone, [tsig], ['www 60 IN A 127.0.0.1']);
  // Pebble has no dev clock, so the time that goes by is short for it: of 30 hours, renewed a day before their end, ten.
  const pebble = await startPebble({ dnsServer: nameServer.address, lifetimeSeconds: 30 * 3_600 });
  t.after(() => pebble.stop());
  const installation = await startSslInstallation({
    nameServer,
    renewal: { days_before: 1 },
    issuers: {
      definitions: {
        public: {
          ...{ kind: 'acme', directory_url: pebble.directoryUrl, terms_of_service_agreed: true },
          contact: ['mailto:pki@example.com'],
          eab: {
            kid: pebble.externalAccountBinding.kid,
            hmac_key: pebble.externalAccountBinding.hmacKey,
          },
          ca_file: pebble.caFile,
        },
      },
      rules: [{ issuer: 'public' }],
    },
  });
  t.after(() => installation.stop());
  const rootsFile = join(installation.folder, 'pebble-root.pem');
  await writeFile(rootsFile, await pebble.root());

  const first = await buy(installation);
  await apply(installation, first, { auto_dns_auth: true });
  const { fingerprint: former } = await installation.reach(first, 'ISSUED');
  assert.deepEqual(await deploy(installation, first), []);
  await assertServed(installation, { nginx: former, haproxy: former }, rootsFile);
  const nowMs = await installation.advance(10 * 3_600);
  const { id: second, fingerprint } = await successorOf(installation, first);
  assert.notEqual(fingerprint, former);
  for (const deadline = performance.now() + 20_000; ; await delay(200)) {
    if ((await deployedTo(installation, second)).length === 2) break;
    assert.ok(performance.now() < deadline, 'it was not deployed');
  }
  assert.deepEqual(await deployedTo(installation, first), []);
  await assertServed(installation, { nginx: fingerprint, haproxy: fingerprint }, rootsFile, nowMs);
});
