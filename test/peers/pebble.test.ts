// Needs: pebble and pebble-challtestsrv (Debian package pebble), openssl.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodePem, parseCertificate, parseCsr } from '../../src/pki/index.ts';
import { createOutbound } from '../../src/platform/outbound/index.ts';
import type {
  BegunApplication,
  CertificateApplication,
  IssuedSslCertificate,
  Issuer,
} from '../../src/ssl-certificates/issuers/issuer.ts';
import {
  newApplication,
  openNode,
  openSqliteNode,
} from '../../src/ssl-certificates/issuers/issuers.fixture.ts';
import { startPebble } from './support/pebble.ts';
import { run } from './support/programs.ts';

const pebble = await startPebble();
const folder = await mkdtemp(join(tmpdir(), 'openccm-acme-'));
after(async () => {
  await pebble.stop();
  await rm(folder, { recursive: true, force: true });
});
const { database } = await openSqliteNode();

async function issuerWith(hmacKey = pebble.externalAccountBinding.hmacKey): Promise<Issuer> {
  const definition = {
    kind: 'acme' as const,
    directory_url: pebble.directoryUrl,
    terms_of_service_agreed: true as const,
    contact: ['mailto:pki@example.com'],
    eab: { kid: pebble.externalAccountBinding.kid, hmac_key: hmacKey },
    ca_file: pebble.caFile,
  };
  const configuration = { definitions: { public: definition }, rules: [{ issuer: 'public' }] };
  // Nothing is allowed but what the operator named.
  const { issuers } = await openNode(database, { configuration, outbound: createOutbound({ allow: [] }) });
  return issuers.chosen('VTRUS', 'DV_SSL_CERT').issuer;
}

const issuer = await issuerWith();

async function begin(application: CertificateApplication): Promise<BegunApplication> {
  const begun = await issuer.begin(application);
  return 'kind' in begun ? assert.fail(begun.reason) : begun;
}

/** Asks again as a job would, but sooner. */
async function conclude(application: CertificateApplication, begun: BegunApplication) {
  let { state } = begun;
  for (let asked = 0; asked < 100; asked += 1) {
    const issuance = await issuer.issue(application, state);
    if (issuance.kind !== 'pending') return issuance;
    state = issuance.state;
    await sleep(50);
  }
  return assert.fail('it stays pending');
}

async function issue(application: CertificateApplication): Promise<IssuedSslCertificate> {
  const begun = await begin(application);
  for (const { method, recordName, recordValue } of begun.challenges) {
    if (method === 'DNS') await pebble.publishText(recordName, recordValue);
    else await pebble.publishFile(recordName, recordValue);
  }
  const issuance = await conclude(application, begun);
  return issuance.kind === 'issued' ? issuance : assert.fail(JSON.stringify(issuance));
}

/** OpenSSL takes it for these hosts. */
async function verify(issuance: IssuedSslCertificate, ...checks: string[]): Promise<void> {
  const write = async (name: string, content: string) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const root = await write('root.pem', await pebble.root());
  const chain = issuance.chainDer.map((der) => encodePem('CERTIFICATE', der)).join('');
  const untrusted = await write('chain.pem', chain);
  const leaf = await write('leaf.pem', encodePem('CERTIFICATE', issuance.certificateDer));
  const purpose = ['-purpose', 'sslserver'];
  await run('openssl', ['verify', '-CAfile', root, '-untrusted', untrusted, ...purpose, ...checks, leaf]);
}

test('DNS: a name and its wildcard, whose two records have one name', async () => {
  const names = ['example.com', '*.example.com'];
  const application = await newApplication({ names });
  const issuance = await issue(application);
  assert.deepEqual(parseCertificate(issuance.certificateDer).spki, parseCsr(application.csrDer).spki);
  await verify(issuance, '-verify_hostname', 'example.com');
  await verify(issuance, '-verify_hostname', 'any.example.com');
});

test('FILE: a host and an IP address, with an RSA key', async () => {
  const host = await issue(await newApplication({ names: ['file.example.net'], method: 'FILE' }, 'RSA2048'));
  await verify(host, '-verify_hostname', 'file.example.net');
  const address = await issue(await newApplication({ names: ['127.0.0.1'], method: 'FILE' }));
  await verify(address, '-verify_ip', '127.0.0.1');
});

test('what an account has proven is proven for it, and for no other account', async () => {
  const names = ['proven.example.org'];
  await issue(await newApplication({ names }));
  const again = await newApplication({ names });
  const begun = await begin(again);
  assert.deepEqual(begun.challenges, []);
  assert.equal((await conclude(again, begun)).kind, 'issued');
  const stranger = await newApplication({ names, accountId: 'b'.repeat(32) });
  assert.equal((await begin(stranger)).challenges.length, 1);
});

test('a record that is missing or wrong is refused, with what the server found', async () => {
  const application = await newApplication({ names: ['wrong.example.org', 'missing.example.org'] });
  const begun = await begin(application);
  await pebble.publishText('_acme-challenge.wrong.example.org', 'of somebody else');
  const issuance = await conclude(application, begun);
  assert.ok(issuance.kind === 'refused');
  assert.match(issuance.reason, /^(wrong|missing)\.example\.org: .*DNS challenge/);
});

test('a CSR for other names is refused', async () => {
  const application = await newApplication({ names: ['one.example.org'] });
  const { csrDer } = await newApplication({ names: ['two.example.org'] });
  const begun = await begin(application);
  for (const { recordName, recordValue } of begun.challenges)
    await pebble.publishText(recordName, recordValue);
  const issuance = await conclude({ ...application, csrDer }, begun);
  assert.ok(issuance.kind === 'refused');
  assert.match(issuance.reason, /CSR is missing/);
});

test('a certificate is revoked, once or twice', async () => {
  const application = await newApplication({ names: ['revoked.example.org'] });
  const issuance = await issue(application);
  const { serialNumber } = parseCertificate(issuance.certificateDer);
  assert.equal(await pebble.statusOf(serialNumber), 'Valid');
  const certificate = { accountId: application.accountId, ...issuance };
  await issuer.revoke(certificate, 'keyCompromise');
  await issuer.revoke(certificate, 'keyCompromise');
  assert.equal(await pebble.statusOf(serialNumber), 'Revoked');
});

test('without the right binding there is no account; it is not the application that fails', async () => {
  const stranger = await issuerWith(Buffer.alloc(48, 6).toString('base64url'));
  const application = await newApplication({ names: ['unbound.example.org'], accountId: 'c'.repeat(32) });
  await assert.rejects(stranger.begin(application), /binding|unauthorized/i);
});

test('a server that lost its memory gets the account again, and the order has to be begun again', async () => {
  const application = await newApplication({ names: ['lost.example.org'] });
  const begun = await begin(application);
  await pebble.restart();
  await assert.rejects(issuer.issue(application, begun.state), /account/i);
  const issuance = await conclude(application, begun);
  assert.ok(issuance.kind === 'refused');
  assert.match(issuance.reason, /apply again/);
  await verify(await issue(application), '-verify_hostname', 'lost.example.org');
});
