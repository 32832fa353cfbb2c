// Needs: openssl (3.0 or later, with SM2) and pkilint (test/peers/install.sh).
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { encodePem, parseCrl, parseOcspResponse, verifyStructure } from '../../src/pki/index.ts';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import type { KeyAlgorithm } from './support/hierarchy.ts';
import { attempt, run } from './support/programs.ts';
import {
  addressOf,
  allowPublishing,
  crlAt,
  freshestOf,
  type Published,
  type Publisher,
  publishedLeaf,
  publishingCa,
  revokes,
} from './support/publishing-hierarchy.ts';

let server: RunningServer;
let api: ApiClient;
let publisher: Publisher;

before(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-relying-'));
  server = await startServer();
  api = await signIn(server);
  publisher = { api, bucket: 'relying-parties', folder };
  await allowPublishing(publisher);
});

after(async () => {
  api?.close();
  await server?.stop();
  if (publisher) await rm(publisher.folder, { recursive: true, force: true });
});

const fileOf = (name: string) => join(publisher.folder, name);

const write = async (name: string, content: string | Uint8Array) => {
  await writeFile(fileOf(name), content);
  return fileOf(name);
};

/** A root and a subordinate CA that publish CRLs and answer OCSP, and a certificate below them. */
interface Hierarchy {
  readonly root: Published;
  readonly sub: Published;
  readonly leaf: Published;
  /** Both CAs, a file in PEM. */
  readonly trusted: string;
}

async function hierarchyOf(algorithm: KeyAlgorithm, crl: object = {}): Promise<Hierarchy> {
  const root = await publishingCa(publisher, algorithm, { name: 'Root', crl });
  const sub = await publishingCa(publisher, algorithm, { name: 'Sub', issuer: root, crl });
  const leaf = await publishedLeaf(publisher, sub, algorithm);
  const pem = [root, sub].map(({ certificate }) => encodePem('CERTIFICATE', certificate.der));
  return { root, sub, leaf, trusted: await write(`${leaf.id}-trusted.pem`, pem.join('')) };
}

const revoke = (certificateId: string, reason: string) =>
  api.call('POST', `/v1/private-certificates/${certificateId}/revoke`, { reason });

async function fetched(address: string): Promise<Buffer> {
  const response = await fetch(address);
  assert.equal(response.status, 200, address);
  return Buffer.from(await response.arrayBuffer());
}

async function askOcsp({ leaf, sub, trusted }: Hierarchy, ...options: string[]): Promise<string> {
  const asked = ['-issuer', sub.file, '-cert', leaf.file, '-url', addressOf(leaf, 'ocsp')];
  const { stdout, stderr } = await attempt('openssl', ['ocsp', ...options, ...asked, '-CAfile', trusted]);
  return stdout + stderr;
}

async function findings(command: string, ...args: string[]): Promise<string[]> {
  const output = await attempt(command, ['lint', '-s', 'WARNING', '-f', 'JSON', ...args]);
  const { results }: { results: { finding_descriptions: { code: string }[] }[] } = JSON.parse(output.stdout);
  return results.flatMap(({ finding_descriptions }) => finding_descriptions.map(({ code }) => code));
}

for (const algorithm of ['RSA2048', 'EC384'] as const) {
  test(`openssl verify fetches the CRLs by itself and obeys them within the second, ${algorithm}`, async () => {
    const { leaf, root, sub } = await hierarchyOf(algorithm);
    // A root names no place for its CRL, which is that of the subordinate CA; those of the others are fetched.
    const rootCrl = encodePem('X509 CRL', await fetched(addressOf(sub, 'crl')));
    const checks = ['-crl_check_all', '-crl_download', '-CRLfile', await write(`${leaf.id}.crl`, rootCrl)];
    const options = [...checks, '-CAfile', root.file, '-untrusted', sub.file, leaf.file];
    const valid = await attempt('openssl', ['verify', ...options]);
    assert.equal(valid.code, 0, valid.stderr);
    await revoke(leaf.id, 'SUPERSEDED');
    await crlAt(addressOf(leaf, 'crl'), (crl) => revokes(crl, leaf));
    assert.match((await attempt('openssl', ['verify', ...options])).stderr, /certificate revoked/);
  });
}

test('SM2: the answers are signed as the standard says, and openssl reads them', async () => {
  const hierarchy = await hierarchyOf('SM2');
  const said = await askOcsp(hierarchy, '-sm3', '-noverify', '-respout', fileOf('sm2.der'));
  assert.match(said, /: good/);
  await revoke(hierarchy.leaf.id, 'CERTIFICATE_HOLD');
  assert.match(await askOcsp(hierarchy, '-noverify'), /Reason: certificateHold/);
  const crl = await crlAt(addressOf(hierarchy.leaf, 'crl'), ({ revoked }) => revoked.length === 2);
  assert.equal(await verifyStructure(parseCrl(crl), hierarchy.sub.certificate.spki), true);
  const file = await write('sm2.crl', crl);
  assert.match(
    await run('openssl', ['crl', '-inform', 'DER', '-in', file, '-noout', '-text']),
    /Certificate Hold/,
  );
});

test('deltas: openssl reads them, and adds them to their base', async () => {
  const hierarchy = await hierarchyOf('EC256', { delta_hours: 6 });
  const complete = await crlAt(
    addressOf(hierarchy.leaf, 'crl'),
    ({ freshestCrl }) => freshestCrl !== undefined,
  );
  await revoke(hierarchy.leaf.id, 'CESSATION_OF_OPERATION');
  const delta = await crlAt(freshestOf(complete), (crl) => revokes(crl, hierarchy.leaf));
  const file = await write('delta.crl', delta);
  const text = await run('openssl', ['crl', '-inform', 'DER', '-in', file, '-noout', '-text']);
  assert.match(text, /Delta CRL Indicator: critical/);
  assert.match(text, /Cessation Of Operation/);
  const both = await write('both.pem', encodePem('X509 CRL', complete) + encodePem('X509 CRL', delta));
  const { leaf, trusted } = hierarchy;
  const verify = (...options: string[]) =>
    attempt('openssl', ['verify', '-crl_check', ...options, '-CAfile', trusted, '-CRLfile', both, leaf.file]);
  assert.equal((await verify()).code, 0);
  assert.match((await verify('-use_deltas', '-extended_crl')).stderr, /certificate revoked/);
  for (const crl of [file, await write('complete.crl', complete)]) {
    assert.deepEqual(await findings('lint_crl', '-t', 'CRL', '-p', 'PKIX', crl), []);
  }
});

test('pkilint finds nothing in answers, CRLs, the responder and what points to them', async () => {
  const hierarchy = await hierarchyOf('RSA2048');
  const crl = await write('lint.crl', await crlAt(addressOf(hierarchy.leaf, 'crl'), () => true));
  assert.deepEqual(await findings('lint_crl', '-t', 'CRL', '-p', 'PKIX', crl), []);
  const good = fileOf('good.der');
  await askOcsp(hierarchy, '-respout', good);
  await revoke(hierarchy.leaf.id, 'UNSPECIFIED');
  const revoked = fileOf('revoked.der');
  await askOcsp(hierarchy, '-no_nonce', '-respout', revoked);
  for (const file of [good, revoked]) assert.deepEqual(await findings('lint_ocsp_response', file), []);
  const response = parseOcspResponse(await readFile(good));
  assert.ok(typeof response === 'object');
  const responder = await write('responder.pem', encodePem('CERTIFICATE', response.certificates[0]!));
  for (const file of [responder, hierarchy.leaf.file, hierarchy.sub.file]) {
    const output = await attempt('lint_pkix_cert', ['lint', '-s', 'ERROR', '-f', 'JSON', file]);
    assert.deepEqual(JSON.parse(output.stdout).results, [], file);
  }
});

test('the certificate names the place of its issuer, and GET asks OCSP as POST does', async () => {
  const hierarchy = await hierarchyOf('EC256');
  const issuer = await fetched(addressOf(hierarchy.leaf, 'caIssuers'));
  assert.deepEqual(issuer, Buffer.from(hierarchy.sub.certificate.der));
  const request = fileOf('get.req');
  const { leaf, sub } = hierarchy;
  await run('openssl', ['ocsp', '-issuer', sub.file, '-cert', leaf.file, '-no_nonce', '-reqout', request]);
  const encoded = encodeURIComponent((await readFile(request)).toString('base64'));
  const response = await fetch(`${addressOf(hierarchy.leaf, 'ocsp')}/${encoded}`);
  assert.match(response.headers.get('cache-control') ?? '', /max-age=60/);
  const answer = await write('get.der', Buffer.from(await response.arrayBuffer()));
  const asked = [
    '-respin',
    answer,
    '-issuer',
    sub.file,
    '-cert',
    leaf.file,
    '-no_nonce',
    '-CAfile',
    hierarchy.trusted,
  ];
  const { stdout, stderr } = await attempt('openssl', ['ocsp', ...asked]);
  assert.match(stdout + stderr, /Response verify OK/);
  assert.match(stdout, /: good/);
});
