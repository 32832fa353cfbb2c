// Needs: openssl (3.0 or later; from 3.5 on it judges ML-DSA too) and pkilint (test/peers/install.sh).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fixtureFrom, type Holder, issueCa, issueLeaf } from '../../src/pki/authority.fixture.ts';
import {
  buildCrl,
  buildOcspResponse,
  type CertStatus,
  type CrlContents,
  type CrlEntry,
  customExtension,
  der,
  encodePem,
  extendedKeyUsageExtension,
  type KeyAlgorithm,
  keyIdentifierOf,
  memorySpool,
  oids,
  parseCrl,
  parseOcspRequest,
  parseOcspResponse,
  parsePem,
  signatureAlgorithmFor,
  verifyStructure,
} from '../../src/pki/index.ts';
import { attempt } from './support/programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'openssl-revocation-'));
after(() => rmSync(folder, { recursive: true }));

const openssl = (...args: string[]) =>
  execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const [, major, minor] = /^OpenSSL (\d+)\.(\d+)/.exec(openssl('version')) ?? [];
assert.ok(Number(major) >= 3, 'OpenSSL 3.0 or later is needed');
const knowsMlDsa = Number(major) > 3 || Number(minor) >= 5;

// OpenSSL 3 verifies signatures of CRLs and OCSP responses with an empty SM2 identifier only, so SM2 is read, not verified.
const verified: KeyAlgorithm[] = ['RSA2048', 'EC256', 'EC384', 'EC521', 'ED25519', ...mlDsaIfKnown()];
const readOnly: KeyAlgorithm[] = knowsMlDsa ? ['SM2'] : ['SM2', 'MLDSA44'];

function mlDsaIfKnown(): KeyAlgorithm[] {
  return knowsMlDsa ? ['MLDSA44', 'MLDSA87'] : [];
}

const day = 86_400_000;
const atSeconds = fixtureFrom / 1000 + 3600;

function write(name: string, octets: Uint8Array, label?: string): string {
  const path = join(folder, name);
  writeFileSync(path, label === undefined ? octets : encodePem(label, octets));
  return path;
}

async function crlOf(ca: Holder, entries: Iterable<CrlEntry>, overrides: Partial<CrlContents> = {}) {
  const contents = {
    issuer: ca.certificate.subjectDer,
    thisUpdateMs: fixtureFrom,
    nextUpdateMs: fixtureFrom + 7 * day,
    number: 300n,
    authorityKeyIdentifier: ca.certificate.known.subjectKeyIdentifier!,
    signatureAlgorithm: signatureAlgorithmFor(ca.signer.keyAlgorithm),
    ...overrides,
  };
  const pieces: Uint8Array[] = [];
  for await (const piece of (await buildCrl(contents, entries, ca.signer, memorySpool())).pieces())
    pieces.push(piece);
  return Buffer.concat(pieces);
}

async function findings(command: string, ...args: string[]): Promise<string[]> {
  const output = await attempt(command, ['lint', '-s', 'WARNING', '-f', 'JSON', ...args]);
  const { results }: { results: { finding_descriptions: { code: string }[] }[] } = JSON.parse(output.stdout);
  return results.flatMap(({ finding_descriptions }) => finding_descriptions.map(({ code }) => code));
}

interface Pki {
  readonly ca: Holder;
  readonly leaf: Holder;
  readonly other: Holder;
  readonly caFile: string;
  readonly leafFile: string;
  readonly otherFile: string;
}

async function pkiOf(algorithm: KeyAlgorithm): Promise<Pki> {
  const ca = await issueCa(`CA ${algorithm}`, undefined, { algorithm });
  const leaf = await issueLeaf(`leaf ${algorithm}`, ca);
  const other = await issueLeaf(`other ${algorithm}`, ca);
  const save = (name: string, { certificate }: Holder) =>
    write(`${name}-${algorithm}.pem`, certificate.der, 'CERTIFICATE');
  return {
    ca,
    leaf,
    other,
    caFile: save('ca', ca),
    leafFile: save('leaf', leaf),
    otherFile: save('other', other),
  };
}

const entryOf = ({ certificate }: Holder, reason: CrlEntry['reason']): CrlEntry => ({
  serialNumber: certificate.serialNumber,
  revokedMs: fixtureFrom,
  reason,
});

for (const algorithm of [...verified, ...readOnly]) {
  test(`openssl crl reads what we build, ${algorithm}`, async () => {
    const { ca, leaf, other, caFile } = await pkiOf(algorithm);
    const entries = [entryOf(leaf, 'keyCompromise'), entryOf(other, 'unspecified')];
    const crl = write(
      `${algorithm}.crl`,
      await crlOf(ca, entries, { freshestCrl: ['http://a.example/d.crl'] }),
    );
    const text = openssl('crl', '-inform', 'DER', '-in', crl, '-noout', '-text', '-crlnumber');
    assert.match(text, /crlNumber=0x012C/i);
    assert.match(text, /Version 2/);
    assert.equal(text.match(/Serial Number/g)?.length, 2);
    assert.equal(text.match(/Reason Code/g)?.length, 1);
    assert.match(text, /Key Compromise/);
    assert.match(text, /X509v3 Freshest CRL/);
    if (!verified.includes(algorithm)) return;
    const output = await attempt('openssl', [
      'crl',
      '-inform',
      'DER',
      '-in',
      crl,
      '-noout',
      '-CAfile',
      caFile,
    ]);
    assert.match(output.stderr, /verify OK/);
  });
}

for (const algorithm of verified) {
  test(`openssl verify obeys the CRL, ${algorithm}`, async () => {
    const { ca, leaf, caFile, leafFile, otherFile } = await pkiOf(algorithm);
    const crl = write(`v-${algorithm}.pem`, await crlOf(ca, [entryOf(leaf, 'superseded')]), 'X509 CRL');
    const verify = (file: string) =>
      attempt('openssl', [
        ...['verify', '-crl_check_all', '-attime', String(atSeconds), '-CAfile', caFile, '-CRLfile', crl],
        file,
      ]);
    assert.match((await verify(leafFile)).stderr, /certificate revoked/);
    assert.equal((await verify(otherFile)).code, 0);
  });
}

test('openssl verify adds a delta to its base', async () => {
  const { ca, leaf, other, caFile, leafFile, otherFile } = await pkiOf('EC256');
  const base = await crlOf(ca, [entryOf(other, 'certificateHold')], { freshestCrl: ['http://a.example/d'] });
  const entries = [entryOf(leaf, 'keyCompromise'), entryOf(other, 'removeFromCRL')];
  const delta = await crlOf(ca, entries, { number: 301n, baseNumber: 300n });
  const both = join(folder, 'both.pem');
  writeFileSync(both, encodePem('X509 CRL', base) + encodePem('X509 CRL', delta));
  const verify = (file: string, ...options: string[]) =>
    attempt('openssl', [
      ...['verify', '-crl_check', '-attime', String(atSeconds), '-CAfile', caFile, '-CRLfile', both],
      ...options,
      file,
    ]);
  const extended = ['-use_deltas', '-extended_crl'];
  assert.match((await verify(otherFile)).stderr, /certificate revoked/);
  assert.equal((await verify(otherFile, ...extended)).code, 0);
  assert.equal((await verify(leafFile)).code, 0);
  assert.match((await verify(leafFile, ...extended)).stderr, /certificate revoked/);
  const text = openssl('crl', '-inform', 'DER', '-in', write('delta.crl', delta), '-noout', '-text');
  assert.match(text, /Delta CRL Indicator: critical/);
  assert.match(text, /Remove From CRL/);
});

test('pkilint finds nothing in a CRL, complete, delta or empty', async () => {
  const { ca, leaf, other } = await pkiOf('RSA2048');
  const entries = [entryOf(leaf, 'keyCompromise'), entryOf(other, 'unspecified')];
  const crls = {
    complete: await crlOf(ca, entries, { freshestCrl: ['http://a.example/d.crl'] }),
    delta: await crlOf(ca, entries, { number: 301n, baseNumber: 300n }),
    empty: await crlOf(ca, []),
  };
  for (const [name, octets] of Object.entries(crls)) {
    const file = write(`lint-${name}.crl`, octets);
    assert.deepEqual(await findings('lint_crl', '-t', 'CRL', '-p', 'PKIX', file), [], name);
  }
});

test('we read what openssl ca writes', () => {
  const config = `[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=3\ncrl_extensions=ext\n[ext]\nauthorityKeyIdentifier=keyid:always\n`;
  writeFileSync(join(folder, 'ca.cnf'), config);
  writeFileSync(join(folder, 'number'), '2A\n');
  const line = 'R\t360101000000Z\t260102030405Z,keyCompromise\t0BAD\tunknown\t/CN=gone\n';
  writeFileSync(join(folder, 'index.txt'), line);
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', 'own.key'];
  openssl('req', '-x509', ...key, '-subj', '/CN=Own', '-days', '3', '-out', 'own.pem');
  openssl('ca', '-config', 'ca.cnf', '-gencrl', '-keyfile', 'own.key', '-cert', 'own.pem', '-out', 'own.crl');
  const crl = parseCrl(parsePem(readFileSync(join(folder, 'own.crl'), 'utf8'))[0]!.der);
  assert.equal(crl.number, 42n);
  assert.deepEqual(crl.revoked, [
    { serialNumber: 0xbadn, revokedMs: Date.UTC(2026, 0, 2, 3, 4, 5), reason: 'keyCompromise' },
  ]);
});

const delegated = [
  extendedKeyUsageExtension([oids.ocspSigning]),
  customExtension(oids.ocspNoCheck, der.nullValue()),
];

/** What openssl ocsp says of a response of ours to a request of its own. */
async function askedByOpenssl(pki: Pki, status: CertStatus, hash: string) {
  const responder = await issueLeaf('Responder', pki.ca, { extensions: delegated });
  openssl('ocsp', `-${hash}`, '-issuer', pki.caFile, '-cert', pki.leafFile, '-reqout', 'request.der');
  const request = parseOcspRequest(readFileSync(join(folder, 'request.der')));
  assert.equal(request.certIds[0]?.serialNumber, pki.leaf.certificate.serialNumber);
  assert.ok(request.nonce, 'openssl sends a nonce');
  const response = await buildOcspResponse(
    {
      responderKeyHash: keyIdentifierOf(responder.certificate.spki),
      producedAtMs: fixtureFrom,
      responses: request.certIds.map((certId) => ({
        certId: certId.der,
        status,
        thisUpdateMs: fixtureFrom,
        nextUpdateMs: fixtureFrom + 3000 * day,
      })),
      nonce: request.nonce,
      certificates: [responder.certificate.der],
      signatureAlgorithm: signatureAlgorithmFor(pki.ca.signer.keyAlgorithm),
    },
    responder.signer,
  );
  const file = write('response.der', response);
  const output = await attempt(
    'openssl',
    [
      ...['ocsp', `-${hash}`, '-issuer', pki.caFile, '-cert', pki.leafFile, '-CAfile', pki.caFile],
      ...['-no_nonce', '-reqin', 'request.der', '-respin', file],
    ],
    { cwd: folder },
  );
  return { file, said: output.stdout + output.stderr };
}

for (const algorithm of verified) {
  test(`openssl ocsp believes a delegated responder, ${algorithm}`, async () => {
    const pki = await pkiOf(algorithm);
    const { said } = await askedByOpenssl(pki, { kind: 'good' }, 'sha1');
    assert.match(said, /Response verify OK/);
    assert.match(said, /: good/);
    assert.doesNotMatch(said, /WARNING/);
  });
}

for (const hash of ['sha1', 'sha256', 'sha384', 'sha512', 'sm3']) {
  test(`openssl ocsp with ${hash} says what we answer`, async () => {
    const pki = await pkiOf('EC256');
    const revoked = { kind: 'revoked', revokedMs: fixtureFrom, reason: 'keyCompromise' } as const;
    const { file, said } = await askedByOpenssl(pki, revoked, hash);
    assert.match(said, /Response verify OK/);
    assert.match(said, /: revoked/);
    assert.match(said, /Reason: keyCompromise/);
    assert.match((await askedByOpenssl(pki, { kind: 'unknown' }, hash)).said, /: unknown/);
    assert.deepEqual(await findings('lint_ocsp_response', file), []);
  });
}

test('we read what the responder of openssl answers', async () => {
  const { ca, caFile, leaf, leafFile } = await pkiOf('EC256');
  const key = write('ca.key', ca.privateKeyPkcs8, 'PRIVATE KEY');
  const serial = leaf.certificate.serialNumber.toString(16).toUpperCase();
  const padded = serial.length % 2 === 0 ? serial : `0${serial}`;
  writeFileSync(
    join(folder, 'ocsp.txt'),
    `R\t360101000000Z\t260102030405Z,superseded\t${padded}\tunknown\t/CN=x\n`,
  );
  openssl('ocsp', '-issuer', caFile, '-cert', leafFile, '-reqout', 'ours.der');
  openssl(
    ...['ocsp', '-index', 'ocsp.txt', '-CA', caFile, '-rsigner', caFile, '-rkey', key, '-resp_key_id'],
    ...['-reqin', 'ours.der', '-respout', 'theirs.der'],
  );
  const response = parseOcspResponse(readFileSync(join(folder, 'theirs.der')));
  assert.ok(typeof response === 'object');
  assert.deepEqual(response.responses[0]?.status, {
    kind: 'revoked',
    revokedMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    reason: 'superseded',
  });
  assert.equal(await verifyStructure(response, ca.certificate.spki), true);
});
