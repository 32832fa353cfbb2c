// Needs: openssl (3.0 or later, with SM2) and pkilint (test/peers/install.sh).
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  encodePem,
  oids,
  parseCertificate,
  parseCrl,
  parseOcspResponse,
  parseSinglePem,
  verifyStructure,
} from '../../src/pki/index.ts';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { exportAsJson, exportCa, issueForServer, type KeyAlgorithm } from './support/hierarchy.ts';
import { attempt, run } from './support/programs.ts';

const authorities = '/v1/private-certificate-authorities';
const bucket = 'relying-parties';
const withinMs = 1_000;
// OpenSSL verifies SM2 signatures of CRLs and OCSP responses with an empty identifier only, which no standard has.
const verified: KeyAlgorithm[] = ['RSA2048', 'RSA4096', 'EC256', 'EC384'];
const hashes: Partial<Record<KeyAlgorithm, string>> = { EC384: 'SHA384', RSA4096: 'SHA512', SM2: 'SM3' };

let server: RunningServer;
let api: ApiClient;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openccm-relying-'));
  server = await startServer();
  api = await signIn(server);
  await api.call('POST', `${authorities}/obs/agencies`);
  await api.call('POST', '/v1/object-storage/buckets', { bucket_name: bucket });
});

after(async () => {
  api?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const write = async (name: string, content: string | Uint8Array) => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};

/** A root and a subordinate CA that publish CRLs and answer OCSP, and a certificate below them; files in PEM. */
async function publishingHierarchy(algorithm: KeyAlgorithm, crl: object = {}) {
  const common = { key_algorithm: algorithm, signature_algorithm: hashes[algorithm] ?? 'SHA256' };
  const createCa = async (name: string, fields: object) => {
    const { ca_id: caId } = await api.call<{ ca_id: string }>('POST', authorities, {
      ...common,
      distinguished_name: {
        common_name: `${name} ${algorithm}`,
        country: 'CN',
        state: 'Beijing',
        locality: 'Beijing',
        organization: 'OpenCCM',
        organizational_unit: 'Peers',
      },
      crl_configuration: { enabled: true, obs_bucket_name: bucket, valid_days: 7, ...crl },
      ...fields,
    });
    await api.call('POST', `${authorities}/${caId}/ocsp/switch`, { ocsp_switch: true });
    return caId;
  };
  const rootId = await createCa('Root', { type: 'ROOT', validity: { type: 'YEAR', value: 10 } });
  const validity = { type: 'YEAR', value: 5 };
  const subId = await createCa('Sub', { type: 'SUBORDINATE', issuer_id: rootId, validity });
  const leafId = await issueForServer(api, subId, common);
  const sub = await exportCa(api, subId);
  const root = await exportCa(api, rootId);
  const { certificate } = await exportAsJson(api, leafId);
  const stem = `${algorithm}-${leafId}`;
  return {
    rootId,
    subId,
    leafId,
    root: await write(`${stem}-root.pem`, root),
    sub: await write(`${stem}-sub.pem`, sub),
    trusted: await write(`${stem}-trusted.pem`, `${root.trim()}\n${sub.trim()}\n`),
    leaf: await write(`${stem}-leaf.pem`, certificate),
    subCertificate: parseCertificate(parseSinglePem(sub, 'CERTIFICATE')),
    leafCertificate: parseCertificate(parseSinglePem(certificate, 'CERTIFICATE')),
  };
}

type PublishingHierarchy = Awaited<ReturnType<typeof publishingHierarchy>>;

const revoke = (certificateId: string, reason: string) =>
  api.call('POST', `/v1/private-certificates/${certificateId}/revoke`, { reason });

/** The place that a certificate names. */
function addressOf({ leafCertificate }: PublishingHierarchy, what: 'crl' | 'ocsp' | 'caIssuers'): string {
  const { authorityInfoAccess = [], crlDistributionPoints = [] } = leafCertificate.known;
  const method = what === 'ocsp' ? oids.ocspAccess : oids.caIssuersAccess;
  const name =
    what === 'crl'
      ? crlDistributionPoints[0]?.fullName[0]
      : authorityInfoAccess.find((access) => access.method === method)?.location;
  assert.ok(name?.type === 'URI', `the certificate names no ${what}`);
  return name.value;
}

async function fetched(address: string): Promise<Buffer> {
  const response = await fetch(address);
  assert.equal(response.status, 200, address);
  return Buffer.from(await response.arrayBuffer());
}

/** The CRL at an address as soon as it meets the condition, which it has to within the second. */
async function crlAt(address: string, isWanted: (crl: ReturnType<typeof parseCrl>) => boolean) {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const response = await fetch(address);
    const octets = Buffer.from(await response.arrayBuffer());
    if (response.status === 200 && isWanted(parseCrl(octets))) return octets;
    assert.ok(performance.now() < deadline, `${address}: ${response.status}, not in time`);
    await delay(20);
  }
}

async function askOcsp(hierarchy: PublishingHierarchy, ...options: string[]): Promise<string> {
  const { leaf, sub, trusted } = hierarchy;
  const asked = ['-issuer', sub, '-cert', leaf, '-url', addressOf(hierarchy, 'ocsp')];
  const { stdout, stderr } = await attempt('openssl', ['ocsp', ...options, ...asked, '-CAfile', trusted]);
  return stdout + stderr;
}

async function findings(command: string, ...args: string[]): Promise<string[]> {
  const output = await attempt(command, ['lint', '-s', 'WARNING', '-f', 'JSON', ...args]);
  const { results }: { results: { finding_descriptions: { code: string }[] }[] } = JSON.parse(output.stdout);
  return results.flatMap(({ finding_descriptions }) => finding_descriptions.map(({ code }) => code));
}

for (const algorithm of verified) {
  describe(`${algorithm}`, () => {
    let hierarchy: PublishingHierarchy;
    before(async () => {
      hierarchy = await publishingHierarchy(algorithm);
    });

    test('openssl ocsp says good, and revoked with the reason as soon as the call has answered', async () => {
      const good = await askOcsp(hierarchy);
      assert.match(good, /Response verify OK/);
      assert.match(good, /: good/);
      assert.doesNotMatch(good, /WARNING/);
      const started = performance.now();
      await revoke(hierarchy.leafId, 'KEY_COMPROMISE');
      const revoked = await askOcsp(hierarchy, '-sha256');
      assert.match(revoked, /Response verify OK/);
      assert.match(revoked, /: revoked/);
      assert.match(revoked, /Reason: keyCompromise/);
      assert.ok(performance.now() - started < 2 * withinMs);
    });

    test('openssl verify fetches the CRLs by itself and obeys them within the second', async () => {
      const { root, sub } = hierarchy;
      const leafId = await issueForServer(api, hierarchy.subId, {
        key_algorithm: algorithm,
        signature_algorithm: hashes[algorithm] ?? 'SHA256',
      });
      const { certificate } = await exportAsJson(api, leafId);
      const leaf = await write(`${leafId}.pem`, certificate);
      const serialNumber = parseCertificate(parseSinglePem(certificate, 'CERTIFICATE')).serialNumber;
      // A root names no place for its CRL, which is that of the subordinate CA; those of the others are fetched.
      const point = hierarchy.subCertificate.known.crlDistributionPoints?.[0]?.fullName[0];
      assert.ok(point?.type === 'URI');
      const rootCrl = await write(`${leafId}-root.crl`, encodePem('X509 CRL', await fetched(point.value)));
      const checks = ['-crl_check_all', '-crl_download', '-CRLfile', rootCrl];
      const options = [...checks, '-CAfile', root, '-untrusted', sub, leaf];
      const valid = await attempt('openssl', ['verify', ...options]);
      assert.equal(valid.code, 0, valid.stderr);
      await revoke(leafId, 'SUPERSEDED');
      await crlAt(addressOf(hierarchy, 'crl'), ({ revoked }) =>
        revoked.some((entry) => entry.serialNumber === serialNumber && entry.reason === 'superseded'),
      );
      assert.match((await attempt('openssl', ['verify', ...options])).stderr, /certificate revoked/);
    });

    test('a revoked subordinate CA is on the CRL and in the OCSP of its root', async () => {
      const { root, rootId, sub, subId, subCertificate } = hierarchy;
      await api.call('POST', `${authorities}/${subId}/revoke`, {
        reason: 'CERTIFICATE_AUTHORITY_COMPROMISE',
      });
      const point = subCertificate.known.crlDistributionPoints?.[0]?.fullName[0];
      assert.ok(point?.type === 'URI');
      const crl = await crlAt(point.value, ({ revoked }) => revoked.length > 0);
      assert.equal(parseCrl(crl).revoked[0]?.reason, 'cACompromise');
      const url = `${server.httpUrl}/ocsp/${rootId}`;
      const asked = ['ocsp', '-issuer', root, '-cert', sub, '-url', url, '-CAfile', root];
      const { stdout } = await attempt('openssl', asked);
      assert.match(stdout, /Reason: CACompromise/i);
    });
  });
}

test('SM2: the answers are signed as the standard says, and openssl reads them', async () => {
  const hierarchy = await publishingHierarchy('SM2');
  const said = await askOcsp(hierarchy, '-sm3', '-noverify', '-respout', join(folder, 'sm2.der'));
  assert.match(said, /: good/);
  await revoke(hierarchy.leafId, 'CERTIFICATE_HOLD');
  assert.match(await askOcsp(hierarchy, '-noverify'), /Reason: certificateHold/);
  const crl = await crlAt(addressOf(hierarchy, 'crl'), ({ revoked }) => revoked.length === 2);
  assert.equal(await verifyStructure(parseCrl(crl), hierarchy.subCertificate.spki), true);
  const file = await write('sm2.crl', crl);
  assert.match(
    await run('openssl', ['crl', '-inform', 'DER', '-in', file, '-noout', '-text']),
    /Certificate Hold/,
  );
});

test('deltas: openssl reads them, and adds them to their base', async () => {
  const hierarchy = await publishingHierarchy('EC256', { delta_hours: 6 });
  const complete = await crlAt(addressOf(hierarchy, 'crl'), ({ freshestCrl }) => freshestCrl !== undefined);
  const freshest = parseCrl(complete).freshestCrl?.[0]?.fullName[0];
  assert.ok(freshest?.type === 'URI');
  await revoke(hierarchy.leafId, 'CESSATION_OF_OPERATION');
  const delta = await crlAt(freshest.value, ({ revoked }) => revoked.length > 0);
  const file = await write('delta.crl', delta);
  const text = await run('openssl', ['crl', '-inform', 'DER', '-in', file, '-noout', '-text']);
  assert.match(text, /Delta CRL Indicator: critical/);
  assert.match(text, /Cessation Of Operation/);
  const both = await write('both.pem', encodePem('X509 CRL', complete) + encodePem('X509 CRL', delta));
  const { leaf, trusted } = hierarchy;
  const verify = (...options: string[]) =>
    attempt('openssl', ['verify', '-crl_check', ...options, '-CAfile', trusted, '-CRLfile', both, leaf]);
  assert.equal((await verify()).code, 0);
  assert.match((await verify('-use_deltas', '-extended_crl')).stderr, /certificate revoked/);
  for (const crl of [file, await write('complete.crl', complete)]) {
    assert.deepEqual(await findings('lint_crl', '-t', 'CRL', '-p', 'PKIX', crl), []);
  }
});

test('pkilint finds nothing in answers, CRLs, the responder and what points to them', async () => {
  const hierarchy = await publishingHierarchy('RSA2048');
  const crl = await write('lint.crl', await crlAt(addressOf(hierarchy, 'crl'), () => true));
  assert.deepEqual(await findings('lint_crl', '-t', 'CRL', '-p', 'PKIX', crl), []);
  const good = join(folder, 'good.der');
  await askOcsp(hierarchy, '-respout', good);
  await revoke(hierarchy.leafId, 'UNSPECIFIED');
  const revoked = join(folder, 'revoked.der');
  await askOcsp(hierarchy, '-no_nonce', '-respout', revoked);
  for (const file of [good, revoked]) assert.deepEqual(await findings('lint_ocsp_response', file), []);
  const response = parseOcspResponse(await readFile(good));
  assert.ok(typeof response === 'object');
  const responder = await write('responder.pem', encodePem('CERTIFICATE', response.certificates[0]!));
  for (const file of [responder, hierarchy.leaf, hierarchy.sub]) {
    const output = await attempt('lint_pkix_cert', ['lint', '-s', 'ERROR', '-f', 'JSON', file]);
    assert.deepEqual(JSON.parse(output.stdout).results, [], file);
  }
});

test('the certificate names the place of its issuer, and GET asks OCSP as POST does', async () => {
  const hierarchy = await publishingHierarchy('EC256');
  const issuer = await fetched(addressOf(hierarchy, 'caIssuers'));
  assert.deepEqual(issuer, Buffer.from(hierarchy.subCertificate.der));
  const request = join(folder, 'get.req');
  const { leaf, sub } = hierarchy;
  await run('openssl', ['ocsp', '-issuer', sub, '-cert', leaf, '-no_nonce', '-reqout', request]);
  const encoded = encodeURIComponent((await readFile(request)).toString('base64'));
  const response = await fetch(`${addressOf(hierarchy, 'ocsp')}/${encoded}`);
  assert.match(response.headers.get('cache-control') ?? '', /max-age=60/);
  const answer = await write('get.der', Buffer.from(await response.arrayBuffer()));
  const asked = ['-respin', answer, '-issuer', sub, '-cert', leaf, '-no_nonce', '-CAfile', hierarchy.trusted];
  const { stdout, stderr } = await attempt('openssl', ['ocsp', ...asked]);
  assert.match(stdout + stderr, /Response verify OK/);
  assert.match(stdout, /: good/);
});
