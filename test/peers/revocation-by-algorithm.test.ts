// Needs: openssl 3.0 or later, openssl-3.5, and java 17 or later with its compiler and Bouncy Castle (test/peers/install.sh).
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { encodePem, parseCrl } from '../../src/pki/index.ts';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import type { KeyAlgorithm } from './support/hierarchy.ts';
import { type JavaRelyingParty, startJavaRelyingParty } from './support/java-relying-party.ts';
import { attempt, run } from './support/programs.ts';
import {
  addressOf,
  allowPublishing,
  authorities,
  crlAt,
  freshestOf,
  type Published,
  type Publisher,
  publishedLeaf,
  publishingCa,
  revokes,
  withinMs,
} from './support/publishing-hierarchy.ts';

/** A kind of CA, the OpenSSL that reads it, and whether that can verify what such a CA signs. */
interface Kind {
  readonly algorithm: KeyAlgorithm;
  readonly openssl: 'openssl' | 'openssl-3.5';
  readonly verifies: boolean;
}

// OpenSSL, up to 3.5 at least, verifies SM2 signatures of CRLs and OCSP responses with an empty identifier only: a -vfyopt distid
// reaches certificates, nothing else. What it reads of SM2 is compared all the same; Bouncy Castle is who verifies it.
const kinds: readonly Kind[] = [
  { algorithm: 'RSA2048', openssl: 'openssl', verifies: true },
  { algorithm: 'RSA4096', openssl: 'openssl', verifies: true },
  { algorithm: 'EC256', openssl: 'openssl', verifies: true },
  { algorithm: 'EC384', openssl: 'openssl', verifies: true },
  { algorithm: 'SM2', openssl: 'openssl-3.5', verifies: false },
  { algorithm: 'MLDSA44', openssl: 'openssl-3.5', verifies: true },
  { algorithm: 'MLDSA65', openssl: 'openssl-3.5', verifies: true },
  { algorithm: 'MLDSA87', openssl: 'openssl-3.5', verifies: true },
];

let server: RunningServer;
let api: ApiClient;
let bouncyCastle: JavaRelyingParty;
let publisher: Publisher;

before(async () => {
  bouncyCastle = startJavaRelyingParty();
  const folder = await mkdtemp(join(tmpdir(), 'openccm-by-algorithm-'));
  server = await startServer();
  api = await signIn(server);
  publisher = { api, bucket: 'by-algorithm', folder };
  await allowPublishing(publisher);
});

after(async () => {
  api?.close();
  await server?.stop();
  await bouncyCastle?.stop();
  if (publisher) await rm(publisher.folder, { recursive: true, force: true });
});

async function saved(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(publisher.folder, name), content);
  return join(publisher.folder, name);
}

const savedCrl = (name: string, crl: Uint8Array) => saved(`${name}.crl`, encodePem('X509 CRL', crl));

/** What openssl ocsp and Bouncy Castle say of a certificate, asked where it says. */
async function statusOf(kind: Kind, subject: Published, issuer: Published, trusted: string) {
  const url = addressOf(subject, 'ocsp');
  const judged = kind.verifies ? ['-CAfile', trusted] : ['-noverify'];
  const asked = ['ocsp', '-issuer', issuer.file, '-cert', subject.file, '-url', url, ...judged];
  const [{ stdout, stderr }, bouncyCastleSays] = await Promise.all([
    attempt(kind.openssl, asked),
    bouncyCastle.ask('ocsp', issuer.file, subject.file, url),
  ]);
  if (kind.verifies) assert.match(stderr, /Response verify OK/);
  assert.doesNotMatch(stderr, /WARNING/);
  const [, status, reason] = /: (good|revoked|unknown)\n(?:[\s\S]*Reason: (\S+))?/.exec(stdout) ?? [];
  return { openssl: reason ? `${status} ${reason}` : status, bouncyCastle: bouncyCastleSays };
}

const hexOf = ({ certificate }: Published) => {
  const hex = certificate.serialNumber.toString(16).toUpperCase();
  return hex.length % 2 === 0 ? hex : `0${hex}`;
};

/** Whether openssl verify accepts a certificate and all above it by these CRLs; if not, which is revoked, counted from the leaf. */
async function opensslVerify(
  { openssl }: Kind,
  root: Published,
  subject: Published,
  between: readonly Published[],
  crls: readonly string[],
  options: readonly string[] = [],
): Promise<string> {
  const files = [
    ...between.flatMap(({ file }) => ['-untrusted', file]),
    ...crls.flatMap((file) => ['-CRLfile', file]),
  ];
  const asked = ['verify', '-crl_check_all', ...options, '-CAfile', root.file, ...files, subject.file];
  const { code, stderr } = await attempt(openssl, asked);
  if (code === 0) return 'valid';
  return stderr.replace(
    /[\s\S]*error 23 at (\d+) depth lookup: certificate revoked[\s\S]*/,
    'certificate $1 revoked',
  );
}

/** The same of Bouncy Castle, which says since when and why. */
async function bouncyCastlePath(
  root: Published,
  subject: Published,
  between: readonly Published[],
  crls: readonly string[],
): Promise<string> {
  const files = [root, subject, ...between].map(({ file }) => file);
  const said = await bouncyCastle.ask('path', ...files, ...crls);
  return said.replace(/^refused: certificate (\d+): Certificate revocation .*$/, 'certificate $1 revoked');
}

for (const kind of kinds) {
  const { algorithm } = kind;
  describe(`a CA of ${algorithm}`, () => {
    let root: Published;
    let sub: Published;
    let trusted: string;
    // Only CAs are judged here, and RSA keys of 4096 bits take seconds to make.
    const leafOf = (issuer: Published) =>
      publishedLeaf(publisher, issuer, algorithm === 'RSA4096' ? 'RSA2048' : algorithm);
    const revoke = (leaf: Published, reason: string) =>
      api.call('POST', `/v1/private-certificates/${leaf.id}/revoke`, { reason });

    before(async () => {
      root = await publishingCa(publisher, algorithm, { name: 'Root' });
      sub = await publishingCa(publisher, algorithm, { name: 'Sub', issuer: root });
      const pem = [root, sub].map(({ certificate }) => encodePem('CERTIFICATE', certificate.der));
      trusted = await saved(`${algorithm}-trusted.pem`, pem.join(''));
    });

    test('both clients say good, then revoked with the reason within a second of the call', async () => {
      const leaf = await leafOf(sub);
      const doomed = await publishingCa(publisher, algorithm, { name: 'Doomed', issuer: root });
      const good = { openssl: 'good', bouncyCastle: 'good' };
      assert.deepEqual(await statusOf(kind, leaf, sub, trusted), good);
      assert.deepEqual(await statusOf(kind, doomed, root, trusted), good);
      await revoke(leaf, 'KEY_COMPROMISE');
      const leafRevoked = performance.now();
      const said = await statusOf(kind, leaf, sub, trusted);
      const leafTook = performance.now() - leafRevoked;
      const keyCompromise = 'revoked keyCompromise';
      assert.deepEqual(said, { openssl: keyCompromise, bouncyCastle: keyCompromise });
      await api.call('POST', `${authorities}/${doomed.id}/revoke`, {
        reason: 'CERTIFICATE_AUTHORITY_COMPROMISE',
      });
      const caRevoked = performance.now();
      const saidOfCa = await statusOf(kind, doomed, root, trusted);
      const caTook = performance.now() - caRevoked;
      assert.deepEqual(saidOfCa, {
        openssl: 'revoked cACompromise',
        bouncyCastle: 'revoked cACompromise',
      });
      assert.ok(leafTook < withinMs && caTook < withinMs, `${leafTook} and ${caTook} ms`);
    });

    test('paths are refused by the published CRLs where a leaf or a CA in them is revoked, all others pass', async () => {
      const [leaf, other] = [await leafOf(sub), await leafOf(sub)];
      const doomed = await publishingCa(publisher, algorithm, { name: 'Doomed', issuer: root });
      const below = await leafOf(doomed);
      await revoke(leaf, 'SUPERSEDED');
      const ofSub = await crlAt(addressOf(leaf, 'crl'), (crl) => revokes(crl, leaf));
      const cessation = { reason: 'CESSATION_OF_OPERATION' };
      await api.call('POST', `${authorities}/${doomed.id}/revoke`, cessation);
      const ofRoot = await crlAt(addressOf(doomed, 'crl'), (crl) => revokes(crl, doomed));
      const ofDoomed = await crlAt(addressOf(below, 'crl'), () => true);
      const crls = [
        await savedCrl(`${algorithm}-sub`, ofSub),
        await savedCrl(`${algorithm}-root`, ofRoot),
        await savedCrl(`${algorithm}-doomed`, ofDoomed),
      ];
      const cases = [
        [leaf, [sub], 'certificate 0 revoked'],
        [other, [sub], 'valid'],
        [below, [doomed], 'certificate 1 revoked'],
        [doomed, [], 'certificate 0 revoked'],
        [sub, [], 'valid'],
      ] as const;
      for (const [subject, between, verdict] of cases) {
        assert.equal(await bouncyCastlePath(root, subject, between, crls), verdict);
        if (kind.verifies) assert.equal(await opensslVerify(kind, root, subject, between, crls), verdict);
      }
      const listed = await bouncyCastle.ask('crl', root.file, crls[1]!);
      assert.match(listed, new RegExp(`${doomed.certificate.serialNumber}=CESSATION_OF_OPERATION`));
      assert.match(
        await bouncyCastle.ask('crl', sub.file, crls[1]!),
        /^failed: java.security.SignatureException/,
      );
      const text = await run(kind.openssl, ['crl', '-in', crls[0]!, '-noout', '-text']);
      assert.match(text, new RegExp(`${hexOf(leaf)}[\\s\\S]*Superseded`));
    });

    test('both clients read a delta, and obey it beside its base', async () => {
      const delta_hours = 6;
      const issuer = await publishingCa(publisher, algorithm, {
        name: 'Deltas',
        issuer: root,
        crl: { delta_hours },
      });
      const leaf = await leafOf(issuer);
      const complete = await crlAt(addressOf(leaf, 'crl'), ({ freshestCrl }) => freshestCrl !== undefined);
      await revoke(leaf, 'AFFILIATION_CHANGED');
      const delta = await crlAt(freshestOf(complete), (crl) => revokes(crl, leaf));
      const base = await savedCrl(`${algorithm}-base`, complete);
      const more = await savedCrl(`${algorithm}-delta`, delta);
      const rootCrl = await savedCrl(`${algorithm}-root`, await crlAt(addressOf(issuer, 'crl'), () => true));
      const text = await run(kind.openssl, ['crl', '-in', more, '-noout', '-text']);
      assert.match(text, /Delta CRL Indicator: critical/);
      assert.match(text, new RegExp(`${hexOf(leaf)}[\\s\\S]*Affiliation Changed`));
      const listed = await bouncyCastle.ask('crl', issuer.file, more);
      assert.match(listed, new RegExp(`^number \\d+ base ${parseCrl(complete).number} `));
      assert.match(listed, new RegExp(`${leaf.certificate.serialNumber}=AFFILIATION_CHANGED`));
      const revoked = 'certificate 0 revoked';
      assert.equal(await bouncyCastlePath(root, leaf, [issuer], [base, rootCrl]), 'valid');
      assert.equal(await bouncyCastlePath(root, leaf, [issuer], [base, more, rootCrl]), revoked);
      if (kind.verifies) {
        const withDeltas = ['-use_deltas', '-extended_crl'];
        assert.equal(await opensslVerify(kind, root, leaf, [issuer], [base, rootCrl]), 'valid');
        const crls = [base, more, rootCrl];
        assert.equal(await opensslVerify(kind, root, leaf, [issuer], crls, withDeltas), revoked);
      }
    });
  });
}
