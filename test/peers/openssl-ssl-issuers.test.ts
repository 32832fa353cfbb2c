// Needs: openssl (3.0 or later) and zlint (test/peers/install.sh).
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createJobs } from '../../src/jobs/index.ts';
import { createKeyStore, openMasterKey } from '../../src/kms/index.ts';
import { encodePem } from '../../src/pki/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openDatabase } from '../../src/platform/db/index.ts';
import { createHttpApp } from '../../src/platform/http/index.ts';
import { silentLog } from '../../src/platform/log.ts';
import { createOutbound } from '../../src/platform/outbound/index.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { createPrivateCa } from '../../src/private-ca/index.ts';
import { createRevocation, createRevocationPort, migrations } from '../../src/revocation/index.ts';
import { MemoryStorage } from '../../src/revocation/revocation.fixture.ts';
import { createIssuers } from '../../src/ssl-certificates/issuers/create-issuers.ts';
import type { IssuedSslCertificate } from '../../src/ssl-certificates/issuers/issuer.ts';
import {
  issued,
  issuerMigrations,
  newApplication,
} from '../../src/ssl-certificates/issuers/issuers.fixture.ts';
import { freshAddress } from '../support/databases.ts';
import { freePort } from '../support/free-port.ts';
import { createIdentityDouble } from '../support/identity-double.ts';
import { attempt, run } from './support/programs.ts';

const folder = await mkdtemp(join(tmpdir(), 'openccm-issuers-'));
after(() => rm(folder, { recursive: true, force: true }));

/** The built-in issuer with real OCSP, at an address that its certificates carry. */
async function openInstallation() {
  const address = await freshAddress.sqlite();
  const options = { migrations: { ...issuerMigrations, ...migrations }, log: silentLog };
  const database = await openDatabase({ ...address, ...options });
  const common = { database, clock: systemClock, random: systemRandom, log: silentLog };
  const base64 = Buffer.alloc(32, 7).toString('base64');
  const source = { kind: 'environment', name: 'KEY', base64 } as const;
  const masterKey = await openMasterKey({ ...common, source });
  const jobs = createJobs(common);
  const keyStore = createKeyStore({ ...common, masterKey, token: undefined, scheduler: jobs });
  const identity = createIdentityDouble();
  const port = await freePort();
  const nobody = async () => assert.fail('no bucket is asked for');
  const publication = {
    ...common,
    ...{ identity, jobs, keyStore, objectStorage: new MemoryStorage() },
    agencies: { find: nobody, ensure: nobody, assume: nobody },
    publicHttpUrl: `http://127.0.0.1:${port}`,
  };
  const privateCa = createPrivateCa({ ...publication, revocation: createRevocationPort(publication) });
  const revocation = createRevocation({ ...publication, records: privateCa.records });
  const app = createHttpApp(common);
  await revocation.publicRoutes(app);
  await app.listen({ host: '127.0.0.1', port });
  after(async () => {
    await app.close();
    await database.close();
  });
  const issuers = createIssuers({
    ...common,
    keyStore,
    outbound: createOutbound({ allow: [] }),
    serverCertificates: privateCa.serverCertificates,
    publishStatus: (accountId, caId) =>
      revocation.ensureOcsp(identity.systemActor(accountId, 'issuers'), caId),
  });
  return { database, issuers };
}

const installation = await openInstallation();

async function write(name: string, ...certificates: readonly Uint8Array[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, certificates.map((der) => encodePem('CERTIFICATE', der)).join(''));
  return path;
}

async function filesOf(name: string, { certificateDer, chainDer }: IssuedSslCertificate, family: string) {
  const roots = await installation.issuers.roots();
  const root = roots.find((each) => each.family === family)?.certificateDer ?? assert.fail('no root');
  return {
    root: await write(`${name}-root.pem`, root),
    chain: await write(`${name}-chain.pem`, ...chainDer),
    leaf: await write(`${name}.pem`, certificateDer),
  };
}

test('OpenSSL takes a certificate of the built-in issuer for its hosts and for no other', async () => {
  const names = ['www.example.com', '*.api.example.com', '192.0.2.7'];
  const issuance = await issued(installation, await newApplication({ names }, 'RSA2048'));
  const { chain, leaf, root } = await filesOf('server', issuance, 'RSA');
  const verify = (...checks: string[]) =>
    attempt('openssl', [
      ...['verify', '-x509_strict', '-purpose', 'sslserver', '-policy', '2.23.140.1.2.1', '-explicit_policy'],
      ...['-CAfile', root, '-untrusted', chain, ...checks, leaf],
    ]);
  assert.deepEqual(
    await Promise.all([
      verify('-verify_hostname', 'www.example.com').then(({ code }) => code),
      verify('-verify_hostname', 'v1.api.example.com').then(({ code }) => code),
      verify('-verify_ip', '192.0.2.7').then(({ code }) => code),
      verify('-verify_hostname', 'example.com').then(({ code }) => code === 0),
    ]),
    [0, 0, 0, false],
  );
});

test('OCSP says good of it, and revoked from the transaction of its revocation on', async () => {
  const application = await newApplication();
  const issuance = await issued(installation, application);
  const { chain, leaf, root } = await filesOf('revocable', issuance, 'RSA');
  const ask = async (certificate: string, issuer: string) => {
    const url = (await run('openssl', ['x509', '-noout', '-ocsp_uri', '-in', certificate])).trim();
    const trust = ['-CAfile', root, '-verify_other', issuer];
    const question = ['-issuer', issuer, '-cert', certificate, '-url', url];
    const answer = await attempt('openssl', ['ocsp', ...trust, ...question]);
    assert.match(answer.stderr, /Response verify OK/);
    return answer.stdout;
  };
  assert.match(await ask(leaf, chain), /\.pem: good/);
  const { issuer } = installation.issuers.chosen(application.brand, application.type);
  const books = await issuer.revoke({ accountId: application.accountId, ...issuance }, 'keyCompromise');
  await installation.database.transaction(async (transaction) => books?.(transaction));
  assert.match(await ask(leaf, chain), /\.pem: revoked[\s\S]*Reason: keyCompromise/);
  // The issuing CA's own status is its root's to tell.
  assert.match(await ask(chain, root), /\.pem: good/);
});

test('zlint warns of nothing in DV and OV certificates but the common name, and the address of this test', async () => {
  const organization = { country: 'DE', province: 'Hessen', city: 'Frankfurt', name: 'Example', unit: 'IT' };
  for (const fields of [{}, { type: 'OV_SSL_CERT', organization }]) {
    const issuance = await issued(
      installation,
      await newApplication({ ...fields, names: ['a.example.com'] }),
    );
    const { leaf } = await filesOf('linted', issuance, 'RSA');
    const results = JSON.parse(await run('zlint', [leaf])) as Record<string, { result: string }>;
    const found = Object.entries(results).filter(([, { result }]) =>
      ['error', 'fatal', 'warn'].includes(result),
    );
    assert.deepEqual(
      found.map(([lint]) => lint),
      ['w_sub_cert_aia_contains_internal_names', 'w_subject_common_name_included'],
    );
  }
});

test('the SM2 pair of the built-in issuer is below one root', async () => {
  const pair = await issued(installation, await newApplication({}, 'SM2'));
  const { chain, leaf, root } = await filesOf('sm2', pair, 'SM2');
  const encryption = await write('sm2-encryption.pem', pair.encryption!.certificateDer);
  // OpenSSL gives the identifier to the last certificate of a chain only, so each link is a chain of its own.
  for (const [issuer, subject] of [
    [root, chain],
    [chain, leaf],
    [chain, encryption],
  ] as const) {
    const identifier = ['-vfyopt', 'distid:1234567812345678'];
    await run('openssl', ['verify', ...identifier, '-partial_chain', '-trusted', issuer, subject]);
  }
});
