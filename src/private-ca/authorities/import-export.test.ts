import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  attributesOfName,
  basicConstraintsExtension,
  customExtension,
  encodePem,
  generateKeyPair,
  issueCertificate,
  keyUsageExtension,
  nameFromAttributes,
  parseCsr,
  parsePem,
  type Signer,
  signatureAlgorithmFor,
  signerFromPkcs8,
} from '../../pki/index.ts';
import { openSqliteBench } from '../private-ca.fixture.ts';
import {
  activationBody,
  assertDone,
  assertRefused,
  create,
  details,
  exported,
  issueByCsr,
  order,
  path,
  pendingBody,
  post,
  rootBody,
  scheduleDeletion,
  subject,
  subordinateBody,
} from './authorities.fixture.ts';

const bench = await openSqliteBench({ CERTIFICATE_AUTHORITY: 1000, CERTIFICATE: 1000 });
const account = bench.account();
const dayMs = 86_400_000;

/** A CA outside. */
interface OutsideCa {
  readonly name: string;
  readonly signer: Signer;
  readonly pem: string;
}

interface Wish {
  readonly issuer?: OutsideCa;
  readonly spki?: Uint8Array;
  readonly isCa?: boolean;
  readonly pathLength?: number | undefined;
  readonly days?: number;
  readonly startDays?: number;
  readonly usages?: readonly ('digitalSignature' | 'keyCertSign' | 'cRLSign')[] | undefined;
  readonly unknownCritical?: boolean;
}

async function newSigner(): Promise<Signer> {
  return signerFromPkcs8((await generateKeyPair('EC256')).privateKeyPkcs8);
}

/** A certificate of the outside world; without an issuer self-signed by `signer`. */
async function certify(name: string, signer: Signer, wish: Wish = {}): Promise<string> {
  const { issuer, isCa = true, pathLength, days = 3650, startDays = 0, unknownCritical = false } = wish;
  const usages = 'usages' in wish ? wish.usages : (['keyCertSign', 'cRLSign'] as const);
  const startMs = bench.clock.nowMs() + startDays * dayMs;
  const der = await issueCertificate({
    serialNumber: BigInt(`0x${Buffer.from(name).toString('hex').slice(0, 30)}01`),
    issuer: nameFromAttributes({ commonName: issuer?.name ?? name }),
    subject: nameFromAttributes({ commonName: name, organization: 'Outside' }).slice(0, issuer ? 2 : 1),
    notBeforeMs: startMs - dayMs,
    notAfterMs: startMs + days * dayMs,
    subjectPublicKeySpki: wish.spki ?? signer.publicKeySpki,
    extensions: [
      basicConstraintsExtension(isCa, isCa ? pathLength : undefined),
      ...(usages ? [keyUsageExtension(usages)] : []),
      ...(unknownCritical ? [customExtension('1.2.3.4', Buffer.from([5, 0]), true)] : []),
    ],
    signatureAlgorithm: signatureAlgorithmFor('EC256'),
    signer: issuer?.signer ?? signer,
  });
  return encodePem('CERTIFICATE', der);
}

async function outsideRoot(wish: Wish = {}, name = 'Outside Root'): Promise<OutsideCa> {
  const signer = await newSigner();
  return { name, signer, pem: await certify(name, signer, wish) };
}

async function outsideIntermediate(
  issuer: OutsideCa,
  wish: Wish = {},
  name = 'Outside Intermediate',
): Promise<OutsideCa> {
  const signer = await newSigner();
  const der = await issueCertificate({
    serialNumber: 77n,
    issuer: nameFromAttributes({ commonName: issuer.name }),
    subject: nameFromAttributes({ commonName: name }),
    notBeforeMs: bench.clock.nowMs() - dayMs,
    notAfterMs: bench.clock.nowMs() + (wish.days ?? 3000) * dayMs,
    subjectPublicKeySpki: signer.publicKeySpki,
    extensions: [basicConstraintsExtension(wish.isCa ?? true, wish.pathLength)],
    signatureAlgorithm: signatureAlgorithmFor('EC256'),
    signer: issuer.signer,
  });
  return { name, signer, pem: encodePem('CERTIFICATE', der) };
}

async function csrOf(caId: string) {
  const answer = await account.send<{ csr: string }>('GET', `${path}/${caId}/csr`);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return { pem: answer.body.csr, parsed: parseCsr(parsePem(answer.body.csr)[0]!.der) };
}

/** A PENDING CA and the certificate that an outside CA issued for its CSR. */
async function certifiedOutside(
  issuer: OutsideCa,
  wish: Wish = {},
): Promise<{ caId: string; certificate: string }> {
  const caId = await create(account, pendingBody);
  const { parsed } = await csrOf(caId);
  return {
    caId,
    certificate: await certify('Imported CA', issuer.signer, { issuer, spki: parsed.spki, ...wish }),
  };
}

describe('exportCertificateAuthorityCsr', () => {
  test('a CSR can be exported only when the CA is in status PENDING ([A.2.2] otherwise 403 PCA.00030201)', async () => {
    const caId = await create(account, pendingBody);
    const { parsed } = await csrOf(caId);
    assert.ok(await parsed.verify());
    const active = await account.send('GET', `${path}/${await create(account)}/csr`);
    assertRefused(active, 403, 'PCA.00030201', /ACTIVED; it has to be PENDING/);
  });

  test('it has all attributes of the CA', async () => {
    const { parsed } = await csrOf(await create(account, pendingBody));
    assert.deepEqual(attributesOfName(parsed.subject), {
      commonName: subject.common_name,
      country: subject.country,
      state: subject.state,
      locality: subject.locality,
      organization: subject.organization,
      organizationalUnit: subject.organizational_unit,
    });
  });

  test('newline characters of the CSR are \\r\\n when the API is called', async () => {
    const { pem } = await csrOf(await create(account, pendingBody));
    assert.match(
      pem,
      /^-----BEGIN CERTIFICATE REQUEST-----\r\n([A-Za-z0-9+/=]+\r\n)+-----END CERTIFICATE REQUEST-----$/,
    );
  });

  test('the CSR has 1 to 4096 characters, with the largest key and the longest name too', async () => {
    const distinguished_name = {
      common_name: '中'.repeat(64),
      country: 'CN',
      state: '中'.repeat(128),
      locality: '中'.repeat(128),
      organization: '中'.repeat(64),
      organizational_unit: '中'.repeat(64),
    };
    const caId = await create(account, { ...pendingBody, key_algorithm: 'RSA4096', distinguished_name });
    const { pem, parsed } = await csrOf(caId);
    assert.ok(pem.length <= 4096, String(pem.length));
    assert.ok(await parsed.verify());
  });

  test('SM2 signs with SM3', async () => {
    const { parsed } = await csrOf(await create(account, { ...pendingBody, key_algorithm: 'SM2' }));
    assert.equal(parsed.signatureAlgorithm?.name, 'SM3withSM2');
    assert.ok(await parsed.verify());
  });

  test('a purchased CA has no name and no key to ask a certificate for (403 PCA.00030201)', async () => {
    assertRefused(
      await account.send('GET', `${path}/${await order(account)}/csr`),
      403,
      'PCA.00030201',
      /purchased/,
    );
  });

  test('not of another account (404 PCA.00030102), nor without the permission (401 PCA.00010004)', async () => {
    const caId = await create(account, pendingBody);
    assertRefused(await bench.account().send('GET', `${path}/${caId}/csr`), 404, 'PCA.00030102');
    const denied = account.without('pca:ca:getCsr');
    assertRefused(await denied.send('GET', `${path}/${caId}/csr`), 401, 'PCA.00010004');
  });
});

describe('exportCertificateAuthority: allowed only in status ACTIVED or EXPIRED ([A.2.2] otherwise 403 PCA.00030201)', () => {
  test('PENDING, DISABLED and DELETED are refused; EXPIRED is allowed', async () => {
    const caId = await create(account, { ...rootBody, validity: { type: 'HOUR', value: 1 } });
    bench.clock.advance(3_601_000);
    await exported(account, caId);
    assertDone(await post(account, caId, 'disable'));
    assertRefused(await post(account, caId, 'export'), 403, 'PCA.00030201', /DISABLED/);
    assertDone(await account.send('DELETE', `${path}/${caId}`));
    assertRefused(await post(account, caId, 'export'), 403, 'PCA.00030201', /DELETED/);
    const pending = await create(account, pendingBody);
    assertRefused(await post(account, pending, 'export'), 403, 'PCA.00030201', /PENDING/);
  });

  test('certificate_chain runs from top to bottom: intermediate certificate > ... > root certificate, without the exported certificate itself', async () => {
    const top = await create(account);
    const middle = await create(account, { ...subordinateBody(top), path_length: 1 });
    const bottom = await create(account, subordinateBody(middle));
    const [topPem, middlePem] = [await exported(account, top), await exported(account, middle)];
    const { certificate_chain } = await exported(account, bottom);
    assert.equal(certificate_chain, `${middlePem.certificate}\r\n${topPem.certificate}`);
    assert.equal(middlePem.certificate_chain, topPem.certificate);
  });

  test('certificate and certificate_chain have \\r\\n as newline characters when the API is called', async () => {
    const { certificate, certificate_chain } = await exported(
      account,
      await create(account, subordinateBody(await create(account))),
    );
    for (const pem of [certificate, certificate_chain]) {
      assert.match(
        pem ?? '',
        /^-----BEGIN CERTIFICATE-----\r\n([A-Za-z0-9+/=]+\r\n)+-----END CERTIFICATE-----$/,
      );
    }
  });

  test('certificate has 1 to 4096 characters with usual names, certificate_chain is null for a root CA', async () => {
    const caId = await create(account, { ...rootBody, key_algorithm: 'RSA4096' });
    const { certificate, certificate_chain } = await exported(account, caId);
    assert.ok(certificate.length <= 4096, String(certificate.length));
    assert.equal(certificate_chain, null);
  });

  test('the request has no body; {}, null and an empty one do no harm', async () => {
    const caId = await create(account);
    for (const body of [undefined, '', '{}', 'null']) {
      assert.equal((await post(account, caId, 'export', body)).status, 200);
    }
  });

  test('[4.2.2.3] also exports a subordinate CA that was issued with a CSR (type INTERMEDIATE_CA)', async () => {
    const rootId = await create(account);
    const caId = await issueByCsr(account, rootId);
    const root = await exported(account, rootId);
    const { certificate, certificate_chain } = await exported(account, caId);
    assert.equal(certificate_chain, root.certificate);
    assert.ok(new X509Certificate(certificate).verify(new X509Certificate(root.certificate).publicKey));
  });

  test('such a CA cannot be used to issue: its key is kept by its owner', async () => {
    const caId = await issueByCsr(account, await create(account), { path_length: 2 });
    assertRefused(
      await account.send('POST', path, subordinateBody(caId)),
      400,
      'PCA.00020001',
      /issuer_id.*key/,
    );
  });

  test('not of another account (404 PCA.00030102), nor without the permission (401 PCA.00010004)', async () => {
    const caId = await create(account);
    assertRefused(await post(bench.account(), caId, 'export'), 404, 'PCA.00030102');
    assertRefused(await post(account.without('pca:ca:export'), caId, 'export'), 401, 'PCA.00010004');
  });
});

describe('importCertificateAuthority: allowed only for a subordinate CA in status PENDING', () => {
  test('success is 204 without a body; [inferred] the CA is then ACTIVED with gen_mode IMPORT', async () => {
    const root = await outsideRoot();
    const { caId, certificate } = await certifiedOutside(root, { pathLength: 1 });
    assertDone(await post(account, caId, 'import', { certificate, certificate_chain: root.pem }));
    const ca = await details(account, caId);
    const x509 = new X509Certificate(certificate);
    assert.deepEqual(
      [ca.status, ca.gen_mode, ca.type, ca.issuer_id, ca.issuer_name, ca.path_length, ca.signature_algorithm],
      ['ACTIVED', 'IMPORT', 'SUBORDINATE', null, 'Outside Root', 1, 'SHA256'],
    );
    assert.equal(
      BigInt(ca.serial_number!).toString(16).toUpperCase(),
      BigInt(`0x${x509.serialNumber}`).toString(16).toUpperCase(),
    );
    assert.deepEqual([ca.not_before, ca.not_after], [Date.parse(x509.validFrom), Date.parse(x509.validTo)]);
    assert.deepEqual(
      [ca.distinguished_name.common_name, ca.distinguished_name.organization, ca.distinguished_name.state],
      ['Imported CA', 'Outside', null],
    );
    const last = (await account.audits()).at(-1);
    assert.deepEqual([last?.action, last?.resource_id], ['pca:ca:import', caId]);
  });

  test('it issues, and what it issues has the whole chain', async () => {
    const root = await outsideRoot();
    const { caId, certificate } = await certifiedOutside(root);
    assertDone(await post(account, caId, 'import', { certificate, certificate_chain: root.pem }));
    const below = await create(account, subordinateBody(caId));
    const { certificate_chain, ...leaf } = await exported(account, below);
    const chain = parsePem(certificate_chain!).map(({ der }) => new X509Certificate(Buffer.from(der)));
    assert.deepEqual(
      chain.map((each) => each.subject),
      [new X509Certificate(certificate).subject, 'CN=Outside Root'],
    );
    assert.ok(new X509Certificate(leaf.certificate).verify(chain[0]!.publicKey));
    assert.ok(new X509Certificate(leaf.certificate).checkIssued(chain[0]!));
    assert.equal((await details(account, below)).issuer_name, 'Imported CA');
  });

  test('an ACTIVED CA is refused (403 PCA.00030201)', async () => {
    const { certificate } = await certifiedOutside(await outsideRoot());
    const answer = await post(account, await create(account), 'import', { certificate });
    assertRefused(answer, 403, 'PCA.00030201', /PENDING/);
  });

  test('so is a purchased CA that has no key yet', async () => {
    const { certificate } = await certifiedOutside(await outsideRoot());
    assertRefused(
      await post(account, await order(account), 'import', { certificate }),
      403,
      'PCA.00030201',
      /no key/,
    );
  });

  test('not of another account (404 PCA.00030102), nor without the permission (401 PCA.00010004)', async () => {
    const { caId, certificate } = await certifiedOutside(await outsideRoot());
    assertRefused(await post(bench.account(), caId, 'import', { certificate }), 404, 'PCA.00030102');
    assertRefused(
      await post(account.without('pca:ca:import'), caId, 'import', { certificate }),
      401,
      'PCA.00010004',
    );
  });

  test('activated meanwhile, it stays what it is', async () => {
    const rootId = await create(account);
    const { caId, certificate } = await certifiedOutside(await outsideRoot());
    const answers = await Promise.all([
      post(account, caId, 'import', { certificate }),
      post(account, caId, 'activate', activationBody(rootId)),
    ]);
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [204, 403]);
  });
});

describe('the imported certificate', () => {
  test('must have been issued for the CSR of this CA (403 PCA.00030301)', async () => {
    const root = await outsideRoot();
    const { certificate } = await certifiedOutside(root);
    const another = await create(account, pendingBody);
    assertRefused(await post(account, another, 'import', { certificate }), 403, 'PCA.00030301', /CSR/);
  });

  const wrong: [string, Wish, RegExp][] = [
    ['of no CA', { isCa: false }, /not that of a CA/],
    ['expired', { startDays: -10, days: 5 }, /expired/],
    ['with a critical extension nobody knows', { unknownCritical: true }, /critical/],
  ];
  for (const [what, wish, text] of wrong) {
    test(`a certificate ${what} is incorrect (400 PCA.00020402)`, async () => {
      const { caId, certificate } = await certifiedOutside(await outsideRoot(), wish);
      assertRefused(await post(account, caId, 'import', { certificate }), 400, 'PCA.00020402', text);
      assert.equal((await details(account, caId)).status, 'PENDING');
    });
  }

  test('must be in PEM format, one CERTIFICATE (400 PCA.00020402)', async () => {
    const { caId, certificate } = await certifiedOutside(await outsideRoot());
    const broken = [
      'certificate',
      certificate.replace(/\n[A-Za-z0-9]{4}/, '\n????'),
      certificate.replaceAll('CERTIFICATE', 'X509 CRL'),
      certificate + certificate,
      encodePem('CERTIFICATE', Buffer.from([48, 0])),
    ];
    for (const each of broken) {
      assertRefused(
        await post(account, caId, 'import', { certificate: each }),
        400,
        'PCA.00020402',
        /certificate/,
      );
    }
  });

  test('certificate has 1 to 32768 and certificate_chain 0 to 2097152 characters', async () => {
    const { caId, certificate } = await certifiedOutside(await outsideRoot());
    for (const body of [
      { certificate: '' },
      {},
      { certificate: certificate.padEnd(32_769) },
      { certificate, certificate_chain: ''.padEnd(2_097_153) },
    ]) {
      assertRefused(await post(account, caId, 'import', body), 400, 'PCA.00020001', /certificate/);
    }
    const longest = { certificate: certificate.padEnd(32_768), certificate_chain: '' };
    assertDone(await post(account, caId, 'import', longest));
  });

  for (const [name, newline] of [
    ['CRLF', '\r\n'],
    ['the characters \\n', '\\n'],
    ['the characters \\r\\n', '\\r\\n'],
  ] as const) {
    test(`newlines may be LF, CRLF and the literal character sequences \\n and \\r\\n: ${name}`, async () => {
      const root = await outsideRoot();
      const { caId, certificate } = await certifiedOutside(root);
      const body = {
        certificate: certificate.replaceAll('\n', newline),
        certificate_chain: root.pem.replaceAll('\n', newline),
      };
      assertDone(await post(account, caId, 'import', body));
      assert.equal((await exported(account, caId)).certificate, certificate.trim().replaceAll('\n', '\r\n'));
    });
  }

  test('without keyUsage it may issue, with another it may not', async () => {
    const root = await outsideRoot();
    const free = await certifiedOutside(root, { usages: undefined });
    assertDone(await post(account, free.caId, 'import', { certificate: free.certificate }));
    await create(account, subordinateBody(free.caId));
    const bound = await certifiedOutside(root, { usages: ['cRLSign'] });
    assertDone(await post(account, bound.caId, 'import', { certificate: bound.certificate }));
    const answer = await account.send('POST', path, subordinateBody(bound.caId));
    assertRefused(answer, 400, 'PCA.00020001', /keyCertSign/);
  });

  test('its path length binds what it issues, and 7 stands for none', async () => {
    const root = await outsideRoot();
    const bound = await certifiedOutside(root, { pathLength: 0 });
    assertDone(await post(account, bound.caId, 'import', { certificate: bound.certificate }));
    assertRefused(await account.send('POST', path, subordinateBody(bound.caId)), 400, 'PCA.00020203');
    const free = await certifiedOutside(root);
    assertDone(await post(account, free.caId, 'import', { certificate: free.certificate }));
    assert.equal((await details(account, free.caId)).path_length, 7);
  });

  test('revoked, it stops here: its issuer is outside', async () => {
    const { caId, certificate } = await certifiedOutside(await outsideRoot());
    assertDone(await post(account, caId, 'import', { certificate }));
    assertDone(await post(account, caId, 'revoke', {}));
    assert.equal((await details(account, caId)).status, 'DISABLED');
    assertRefused(await post(account, caId, 'enable'), 403, 'PCA.00030201', /revoked/);
  });
});

describe('certificate_chain is optional; the complete chain has to be imported if a complete chain is to be exported later', () => {
  test('without it, none is exported', async () => {
    const { caId, certificate } = await certifiedOutside(await outsideRoot());
    assertDone(await post(account, caId, 'import', { certificate }));
    assert.equal((await exported(account, caId)).certificate_chain, null);
    const below = await create(account, subordinateBody(caId));
    assert.equal(
      (await exported(account, below)).certificate_chain,
      certificate.trim().replaceAll('\n', '\r\n'),
    );
  });

  test('in the order intermediate CA > ... > root CA it is exported again', async () => {
    const root = await outsideRoot();
    const middle = await outsideIntermediate(root);
    const { caId, certificate } = await certifiedOutside(middle);
    assertDone(
      await post(account, caId, 'import', { certificate, certificate_chain: middle.pem + root.pem }),
    );
    const { certificate_chain } = await exported(account, caId);
    assert.equal(certificate_chain, (middle.pem + root.pem).trim().replaceAll('\n', '\r\n'));
  });

  test('it may begin with the certificate itself', async () => {
    const root = await outsideRoot();
    const { caId, certificate } = await certifiedOutside(root);
    assertDone(
      await post(account, caId, 'import', { certificate, certificate_chain: certificate + root.pem }),
    );
    assert.equal((await exported(account, caId)).certificate_chain, root.pem.trim().replaceAll('\n', '\r\n'));
  });

  test('a path length above binds as well', async () => {
    const root = await outsideRoot({ pathLength: 1 });
    const middle = await outsideIntermediate(root);
    const { caId, certificate } = await certifiedOutside(middle);
    const tight = { certificate, certificate_chain: middle.pem + root.pem };
    assertRefused(await post(account, caId, 'import', tight), 400, 'PCA.00020403', /path length/);
    const wide = await outsideRoot({ pathLength: 1 });
    const imported = await certifiedOutside(wide);
    const body = { certificate: imported.certificate, certificate_chain: wide.pem };
    assertDone(await post(account, imported.caId, 'import', body));
    assert.equal((await details(account, imported.caId)).path_length, 0);
  });

  test('a certificate that begins later is judged when it has begun', async () => {
    const root = await outsideRoot();
    const { caId, certificate } = await certifiedOutside(root, { startDays: 10, days: 100 });
    assertDone(await post(account, caId, 'import', { certificate, certificate_chain: root.pem }));
  });
});

describe('[A.2.2] an incorrect chain gives 400 PCA.00020403', () => {
  async function refused(
    chain: (root: OutsideCa, middle: OutsideCa) => string | Promise<string>,
    text: RegExp,
  ) {
    const root = await outsideRoot();
    const middle = await outsideIntermediate(root);
    const { caId, certificate } = await certifiedOutside(middle);
    const body = { certificate, certificate_chain: await chain(root, middle) };
    assertRefused(await post(account, caId, 'import', body), 400, 'PCA.00020403', text);
    assert.equal((await details(account, caId)).status, 'PENDING');
  }

  test('not PEM', () => refused(() => 'chain', /certificate_chain/));

  test('the root is missing', () => refused((_root, middle) => middle.pem, /complete/));

  test('an intermediate CA is missing', () => refused((root) => root.pem, /issuer name mismatch/));

  test('the wrong order', () => refused((root, middle) => root.pem + middle.pem, /complete/));

  test('another root of the same name', () =>
    refused(async (_root, middle) => middle.pem + (await outsideRoot()).pem, /bad signature/));

  test('an expired root', () =>
    refused(async (root, middle) => {
      const expired = await certify(root.name, root.signer, { startDays: -100, days: 50 });
      return middle.pem + expired;
    }, /expired/));

  test('more certificates than any hierarchy has', () =>
    refused((root, middle) => middle.pem.repeat(20) + root.pem, /certificate_chain/));

  test('only the certificate itself', async () => {
    const { caId, certificate } = await certifiedOutside(await outsideRoot());
    const answer = await post(account, caId, 'import', { certificate, certificate_chain: certificate });
    assertRefused(answer, 400, 'PCA.00020403', /complete/);
  });
});

test('a CA scheduled for deletion can be exported again only after it was restored and enabled', async () => {
  const caId = await create(account);
  const before = await exported(account, caId);
  await scheduleDeletion(account, caId);
  assertRefused(await post(account, caId, 'export'), 403, 'PCA.00030201', /DELETED/);
  assertDone(await post(account, caId, 'restore'));
  assertDone(await post(account, caId, 'enable'));
  assert.deepEqual(await exported(account, caId), before);
});
