// Needs: openssl (3.0 or later; from 3.5 on it judges ML-DSA too).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Holder, issueCa, issueLeaf } from '../../src/pki/authority.fixture.ts';
import {
  authorityInfoAccessExtension,
  buildCsr,
  certificatePoliciesExtension,
  crlDistributionPointsExtension,
  customExtension,
  der,
  type Extension,
  encodePem,
  extendedKeyUsageExtension,
  type KeyAlgorithm,
  nameConstraintsExtension,
  nameFromAttributes,
  nameToString,
  oids,
  parseCertificate,
  parseCsr,
  parsePem,
  parsePublicKey,
  parseSinglePem,
  pkcs8ToTraditionalPem,
  privateKeyFromPemBlock,
  publicKeyOfPkcs8,
  samePublicKey,
  signatureAlgorithmFor,
  signerFromPkcs8,
  subjectAlternativeNameExtension,
  validateChain,
  verifyCertificateSignature,
} from '../../src/pki/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'openssl-pki-'));
after(() => rmSync(folder, { recursive: true }));

const file = (name: string) => join(folder, name);
const openssl = (...args: string[]) =>
  execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

function write(name: string, label: string, bytes: Uint8Array): string {
  writeFileSync(file(name), encodePem(label, bytes));
  return name;
}

const read = (name: string, ...labels: string[]) =>
  parseSinglePem(readFileSync(file(name), 'utf8'), ...labels);

const [, major, minor] = /^OpenSSL (\d+)\.(\d+)/.exec(openssl('version')) ?? [];
assert.ok(Number(major) >= 3, 'OpenSSL 3.0 or later is needed');
const knowsMlDsa = Number(major) > 3 || Number(minor) >= 5;

const classical: KeyAlgorithm[] = [
  'RSA2048',
  'RSA3072',
  'RSA4096',
  'EC256',
  'EC384',
  'EC521',
  'SM2',
  'ED25519',
];
const postQuantum: KeyAlgorithm[] = ['MLDSA44', 'MLDSA65', 'MLDSA87'];
const judged = knowsMlDsa ? [...classical, ...postQuantum] : classical;

const sm2Id = 'distid:1234567812345678';
const vfyopt = (algorithm: KeyAlgorithm) => (algorithm === 'SM2' ? ['-vfyopt', sm2Id] : []);
const sigopt = (algorithm: KeyAlgorithm) => (algorithm === 'SM2' ? ['-sm3', '-sigopt', sm2Id] : []);

const leafExtensions: Extension[] = [
  subjectAlternativeNameExtension([
    { type: 'DNS', value: 'leaf.example.com' },
    { type: 'IP', value: '192.0.2.7' },
    { type: 'IP', value: '2001:db8::7' },
    { type: 'EMAIL', value: 'leaf@example.com' },
    { type: 'URI', value: 'https://leaf.example.com/' },
    { type: 'UPN', value: 'leaf@example.com' },
  ]),
  extendedKeyUsageExtension([oids.serverAuth, oids.clientAuth]),
  crlDistributionPointsExtension(['http://crl.example.com/a.crl']),
  authorityInfoAccessExtension({
    ocsp: ['http://ocsp.example.com'],
    caIssuers: ['http://ca.example.com/ca.crt'],
  }),
  certificatePoliciesExtension([{ oid: '2.5.29.32.0', cpsUris: ['http://example.com/cps'] }]),
  customExtension('1.3.6.1.4.1.2011.4.99', der.utf8String('custom')),
];

type Chain = { root: Holder; sub: Holder; leaf: Holder };

async function makeChain(algorithm: KeyAlgorithm): Promise<Chain> {
  const root = await issueCa('Root', undefined, { algorithm });
  const constraints = nameConstraintsExtension({
    permitted: [{ type: 'DNS', value: 'example.com' }],
    excluded: [{ type: 'IP', value: '10.0.0.0/8' }],
  });
  const sub = await issueCa('Sub', root, { pathLength: 0, extensions: [constraints] });
  const leaf = await issueLeaf('leaf.example.com', sub, { extensions: leafExtensions });
  return { root, sub, leaf };
}

const chains = new Map<KeyAlgorithm, Promise<Chain>>();
function chainOf(algorithm: KeyAlgorithm): Promise<Chain> {
  const made = chains.get(algorithm) ?? makeChain(algorithm);
  chains.set(algorithm, made);
  return made;
}

/**
 * `openssl verify` gives -vfyopt to the certificate it is asked about and not to those it takes from files (it fails on
 * SM2 roots that OpenSSL itself made), so SM2 chains are verified link by link and the root as a plain signature.
 */
function verifySm2Links(root: Holder, leaf: string): void {
  writeFileSync(file('root.tbs'), root.certificate.tbs);
  writeFileSync(file('root.sig'), root.certificate.signature);
  write('root.pub', 'PUBLIC KEY', root.certificate.spki);
  const signature = ['-verify', 'root.pub', '-signature', 'root.sig', 'root.tbs'];
  assert.equal(openssl('dgst', '-sm3', '-sigopt', sm2Id, ...signature), 'Verified OK\n');
  for (const [issuer, name] of [
    ['root.pem', 'sub.pem'],
    ['sub.pem', leaf],
  ] as const) {
    const trusting = ['-partial_chain', '-CAfile', issuer];
    assert.equal(openssl('verify', '-x509_strict', ...trusting, '-vfyopt', sm2Id, name), `${name}: OK\n`);
  }
}

function verifyChain(leaf: string): void {
  const trusting = ['-CAfile', 'root.pem', '-untrusted', 'sub.pem'];
  assert.equal(openssl('verify', '-x509_strict', '-check_ss_sig', ...trusting, leaf), `${leaf}: OK\n`);
}

for (const algorithm of judged) {
  test(`${algorithm}: OpenSSL verifies our chain strictly, and not a changed one`, async () => {
    const { root, sub, leaf } = await chainOf(algorithm);
    write('root.pem', 'CERTIFICATE', root.certificate.der);
    write('sub.pem', 'CERTIFICATE', sub.certificate.der);
    write('leaf.pem', 'CERTIFICATE', leaf.certificate.der);
    const verify = (name: string) => (algorithm === 'SM2' ? verifySm2Links(root, name) : verifyChain(name));
    verify('leaf.pem');
    const changed = Buffer.from(leaf.certificate.der);
    changed[changed.indexOf('custom')]! ^= 1;
    write('changed.pem', 'CERTIFICATE', changed);
    assert.throws(() => verify('changed.pem'), /signature failure/);
  });

  test(`${algorithm}: OpenSSL verifies our request`, async () => {
    const { leaf } = await chainOf(algorithm);
    const request = await buildCsr({
      subject: nameFromAttributes({ commonName: 'leaf.example.com', country: 'CN', state: '四川' }),
      signer: leaf.signer,
      signatureAlgorithm: signatureAlgorithmFor(algorithm),
      extensions: leafExtensions.slice(0, 2),
    });
    write('request.pem', 'CERTIFICATE REQUEST', request);
    const text = openssl('req', '-verify', '-noout', '-text', '-in', 'request.pem', ...vfyopt(algorithm));
    assert.match(text, /DNS:leaf\.example\.com, IP Address:192\.0\.2\.7/);
  });

  test(`${algorithm}: OpenSSL reads our private key in both forms`, async () => {
    const { leaf } = await chainOf(algorithm);
    write('key.pem', 'PRIVATE KEY', leaf.privateKeyPkcs8);
    writeFileSync(file('traditional.pem'), pkcs8ToTraditionalPem(leaf.privateKeyPkcs8));
    for (const name of ['key.pem', 'traditional.pem']) {
      openssl('pkey', '-in', name, '-pubout', '-out', 'public.pem');
      assert.ok(samePublicKey(read('public.pem', 'PUBLIC KEY'), leaf.signer.publicKeySpki));
      openssl('pkcs8', '-topk8', '-nocrypt', '-in', name, '-out', 'again.pem');
      assert.deepEqual(publicKeyOfPkcs8(read('again.pem', 'PRIVATE KEY')), leaf.signer.publicKeySpki);
    }
    assert.match(openssl('asn1parse', '-in', 'key.pem'), /d=1 .*INTEGER +:00/);
  });

  test(`${algorithm}: we read what OpenSSL makes, and its signatures hold`, async () => {
    const subject = '/CN=Foreign/C=DE/O=Example, Inc./emailAddress=a@example.com';
    await makeForeignKey(algorithm);
    const common = ['-new', '-utf8', '-subj', subject, '-key', 'foreign.key', ...sigopt(algorithm)];
    openssl('req', ...common, '-out', 'foreign.csr', '-addext', 'subjectAltName=DNS:a.example.com,IP:::1');
    const constraints = 'nameConstraints=critical,permitted;DNS:example.com,excluded;IP:10.0.0.0/255.0.0.0';
    openssl('req', ...common, '-x509', '-days', '20000', '-out', 'foreign.crt', '-addext', constraints);
    const request = parseCsr(read('foreign.csr', 'CERTIFICATE REQUEST'));
    assert.equal(request.publicKey.algorithm, algorithm);
    assert.equal(request.subjectName, 'emailAddress=a@example.com,O=Example\\, Inc.,C=DE,CN=Foreign');
    assert.deepEqual(request.known.subjectAlternativeNames?.at(-1), { type: 'IP', value: '::1' });
    assert.equal(await request.verify(), true);
    const certificate = parseCertificate(read('foreign.crt', 'CERTIFICATE'));
    assert.deepEqual(certificate.known.nameConstraints?.excluded, [{ type: 'IP', value: '10.0.0.0/8' }]);
    assert.equal(new Date(certificate.notAfterMs).getUTCFullYear() > 2050, true);
    assert.equal(await verifyCertificateSignature(certificate, certificate.spki), true);
    assert.deepEqual(await validateChain([certificate], { atMs: certificate.notBeforeMs }), { valid: true });
    assert.ok(samePublicKey(publicKeyOfPkcs8(read('foreign.key', 'PRIVATE KEY')), certificate.spki));
  });
}

/** A key made by OpenSSL in foreign.key; RSA keys are given to it, since it takes seconds for the long ones. */
async function makeForeignKey(algorithm: KeyAlgorithm): Promise<void> {
  const curves: Partial<Record<KeyAlgorithm, string>> = { EC256: 'P-256', EC384: 'P-384', EC521: 'P-521' };
  const curve = curves[algorithm];
  if (curve !== undefined) {
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`, '-out', 'foreign.key');
  } else if (algorithm.startsWith('RSA')) {
    write('foreign.key', 'PRIVATE KEY', (await chainOf(algorithm)).leaf.privateKeyPkcs8);
  } else {
    openssl('genpkey', '-algorithm', algorithm.replace('MLDSA', 'ML-DSA-'), '-out', 'foreign.key');
  }
}

for (const algorithm of [...classical, ...postQuantum]) {
  test(`${algorithm}: our validation of our chain holds`, async () => {
    const { root, sub, leaf } = await chainOf(algorithm);
    const chain = [leaf.certificate, sub.certificate, root.certificate];
    assert.deepEqual(await validateChain(chain, { atMs: Date.UTC(2027, 0) }), { valid: true });
  });
}

// Node verifies SM2 signatures with an empty identifier only, so it cannot judge those.
for (const algorithm of [...classical, ...postQuantum].filter((name) => name !== 'SM2')) {
  test(`${algorithm}: Node reads our chain and verifies it`, async () => {
    const { root, sub, leaf } = await chainOf(algorithm);
    const [rootX509, subX509, leafX509] = [root, sub, leaf].map(
      (h) => new X509Certificate(h.certificate.der),
    );
    assert.ok(leafX509!.verify(subX509!.publicKey) && leafX509!.checkIssued(subX509!));
    assert.ok(subX509!.verify(rootX509!.publicKey) && subX509!.checkIssued(rootX509!));
    assert.ok(!leafX509!.verify(rootX509!.publicKey));
    assert.ok(leafX509!.checkPrivateKey(keyObjectOf(leaf)));
    assert.deepEqual(leafX509!.keyUsage, [oids.serverAuth, oids.clientAuth]);
  });
}

function keyObjectOf(holder: Holder) {
  return createPrivateKey({ key: Buffer.from(holder.privateKeyPkcs8), format: 'der', type: 'pkcs8' });
}

test('OpenSSL prints every extension as we meant it', async () => {
  const { root, sub, leaf } = await chainOf('EC256');
  write('leaf.pem', 'CERTIFICATE', leaf.certificate.der);
  write('sub.pem', 'CERTIFICATE', sub.certificate.der);
  const text = openssl('x509', '-noout', '-text', '-in', 'leaf.pem');
  const expected = [
    /Version: 3 \(0x2\)/,
    /Signature Algorithm: ecdsa-with-SHA256/,
    /Basic Constraints: critical\n +CA:FALSE/,
    /Key Usage: critical\n +Digital Signature\n/,
    /DNS:leaf\.example\.com, IP Address:192\.0\.2\.7, IP Address:2001:DB8:0:0:0:0:0:7, email:leaf@example\.com/,
    /URI:https:\/\/leaf\.example\.com\/, othername: ?UPN::leaf@example\.com/i,
    /TLS Web Server Authentication, TLS Web Client Authentication/,
    /CRL Distribution Points: *\n +Full Name:\n +URI:http:\/\/crl\.example\.com\/a\.crl/,
    /OCSP - URI:http:\/\/ocsp\.example\.com\n +CA Issuers - URI:http:\/\/ca\.example\.com\/ca\.crt/,
    /Policy: X509v3 Any Policy\n +CPS: http:\/\/example\.com\/cps/,
    /1\.3\.6\.1\.4\.1\.2011\.4\.99: *\n +\.\.custom/,
  ];
  for (const pattern of expected) assert.match(text, pattern);
  const subText = openssl('x509', '-noout', '-text', '-in', 'sub.pem');
  assert.match(subText, /CA:TRUE, pathlen:0/);
  assert.match(
    subText,
    /Name Constraints: critical\n +Permitted:\n +DNS:example\.com\n +Excluded:\n +IP:10\.0\.0\.0\/255\.0\.0\.0/,
  );
  const identifier = openssl('x509', '-noout', '-in', 'sub.pem', '-ext', 'subjectKeyIdentifier')
    .split('\n')[1]!
    .trim();
  const known = sub.certificate.known.subjectKeyIdentifier!;
  assert.equal(identifier.replaceAll(':', '').toLowerCase(), Buffer.from(known).toString('hex'));
  assert.ok(root.certificate.known.basicConstraints?.pathLength === undefined);
  const subject = openssl('x509', '-noout', '-subject', '-nameopt', 'RFC2253', '-in', 'leaf.pem').trim();
  assert.equal(subject, `subject=${nameToString(leaf.certificate.subject)}`);
});

test('names of awkward characters are printed alike', async () => {
  const { root } = await chainOf('EC256');
  const subject = nameFromAttributes({ commonName: ' #a,b+"c"<d>;e=f\\ ', organization: '#中文 ' });
  const { certificate } = await issueLeaf('x', root, { subject });
  write('awkward.pem', 'CERTIFICATE', certificate.der);
  const nameopt = 'RFC2253,-esc_msb,utf8';
  const printed = openssl('x509', '-noout', '-subject', '-nameopt', nameopt, '-in', 'awkward.pem');
  assert.equal(printed, `subject=${nameToString(certificate.subject)}\n`);
});

test('traditional private keys made by OpenSSL are read', () => {
  openssl('genrsa', '-traditional', '-out', 'pkcs1.pem', '2048');
  openssl('ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', 'sec1.pem');
  openssl('ecparam', '-genkey', '-name', 'SM2', '-noout', '-out', 'sm2.pem');
  for (const [name, algorithm] of [
    ['pkcs1.pem', 'RSA2048'],
    ['sec1.pem', 'EC256'],
    ['sm2.pem', 'SM2'],
  ] as const) {
    const [block] = parsePem(readFileSync(file(name), 'utf8'));
    const pkcs8 = privateKeyFromPemBlock(block!.label, block!.der);
    assert.equal(signerFromPkcs8(pkcs8).keyAlgorithm, algorithm);
    openssl('pkcs8', '-topk8', '-nocrypt', '-in', name, '-out', 'converted.pem');
    assert.deepEqual(Buffer.from(pkcs8), Buffer.from(read('converted.pem', 'PRIVATE KEY')));
  }
});

test('keys that OpenSSL makes too weak, or of other curves, are refused', () => {
  openssl('genrsa', '-out', 'weak.pem', '1024');
  openssl('ecparam', '-genkey', '-name', 'secp256k1', '-out', 'other.pem', '-noout');
  for (const name of ['weak.pem', 'other.pem']) {
    openssl('pkey', '-in', name, '-pubout', '-out', 'public.pem');
    assert.throws(() => parsePublicKey(read('public.pem', 'PUBLIC KEY')), {
      name: 'UnsupportedAlgorithmError',
    });
  }
});
