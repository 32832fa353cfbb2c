import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../test/support/databases.ts';
import { createKeyStore, migrations as kmsMigrations, openMasterKey } from '../kms/index.ts';
import { FixedClock } from '../platform/clock.ts';
import { type Database, settingsMigrations } from '../platform/db/index.ts';
import { silentLog } from '../platform/log.ts';
import { systemRandom } from '../platform/random.ts';
import { keepRenewed, openSystemCa } from './index.ts';

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const dayMs = 86_400_000;

async function portsOn(database: Database, clock: FixedClock) {
  const base = { database, clock, random: systemRandom, log: silentLog };
  const base64 = Buffer.alloc(32, 7).toString('base64');
  const masterKey = await openMasterKey({ ...base, source: { kind: 'environment', name: 'TEST', base64 } });
  return { ...base, keyStore: createKeyStore({ ...base, masterKey }) };
}

describeOnEachDatabase('system CA', { ...settingsMigrations, ...kmsMigrations }, (open) => {
  test('certifies a server for its names and addresses', async () => {
    const ports = await portsOn(await open(), new FixedClock(nowMs));
    const systemCa = await openSystemCa(ports);
    const ca = new X509Certificate(systemCa.certificatePem);
    assert.ok(ca.ca);
    assert.ok(ca.verify(ca.publicKey));
    assert.match(ca.subject, /CN=OpenCCM System CA [0-9a-f]{8}/);
    const names = [
      'localhost',
      '127.0.0.1',
      '::1',
      'ccm.example.test',
      'localhost',
      '0.0.0.0',
      'no name',
      '-x',
    ];
    const credentials = await systemCa.issueServerCertificate(names);
    const certificate = new X509Certificate(credentials.certificatePem);
    assert.ok(certificate.checkIssued(ca));
    assert.ok(certificate.verify(ca.publicKey));
    assert.equal(
      certificate.subjectAltName,
      'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:ccm.example.test, IP Address:0.0.0.0',
    );
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    assert.equal(Date.parse(certificate.validTo), nowMs + 30 * dayMs);
    assert.equal(credentials.notAfterMs, nowMs + 30 * dayMs);
    assert.equal(Date.parse(certificate.validFrom), nowMs - 3_600_000);
  });

  test('is made once, by whichever of several nodes comes first', async () => {
    const database = await open();
    const ports = await portsOn(database, new FixedClock(nowMs));
    const nodes = await Promise.all([1, 2, 3].map(() => openSystemCa(ports)));
    const again = await openSystemCa(await portsOn(database, new FixedClock(nowMs + dayMs)));
    assert.equal(new Set([...nodes, again].map((node) => node.certificatePem)).size, 1);
    for (const node of nodes) await node.issueServerCertificate(['localhost']);
  });
});

test('a certificate is renewed ten days before its end, and again if that failed', async () => {
  const clock = new FixedClock(nowMs);
  const credentialsUntil = (notAfterMs: number) => ({ certificatePem: '', keyPem: '', notAfterMs });
  const replaced: number[] = [];
  let fails = true;
  const issue = async () => {
    if (fails) throw new Error('no');
    return credentialsUntil(clock.nowMs() + 30 * dayMs);
  };
  const replace = (credentials: { notAfterMs: number }) => void replaced.push(credentials.notAfterMs);
  const renewal = keepRenewed(credentialsUntil(nowMs + 30 * dayMs), issue, replace, {
    clock,
    log: silentLog,
  });
  clock.advance(20 * dayMs - 1);
  await renewal.check();
  clock.advance(1);
  await renewal.check();
  assert.deepEqual(replaced, []);
  fails = false;
  await renewal.check();
  await renewal.check();
  assert.deepEqual(replaced, [nowMs + 50 * dayMs]);
  renewal.stop();
});
