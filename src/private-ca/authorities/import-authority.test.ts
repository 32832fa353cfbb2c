import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { encodePem, parsePem } from '../../pki/index.ts';
import { openSqliteBench } from '../private-ca.fixture.ts';
import {
  activationBody,
  assertDone,
  assertRefused,
  create,
  details,
  exported,
  order,
  path,
  pendingBody,
  post,
  subordinateBody,
} from './authorities.fixture.ts';
import { certifiedOutside, type OutsideCa, outsideRoot, type Wish } from './outside-ca.fixture.ts';

const bench = await openSqliteBench({ CERTIFICATE_AUTHORITY: 1000, CERTIFICATE: 1000 });
const account = bench.account();
const newRoot = (wish?: Wish, known?: OutsideCa) => outsideRoot(bench.clock.nowMs(), wish, known);
const certified = (issuer: OutsideCa, wish?: Wish) =>
  certifiedOutside(account, bench.clock.nowMs(), issuer, wish);

describe('importCertificateAuthority: allowed only for a subordinate CA in status PENDING', () => {
  test('success is 204 without a body; [inferred] the CA is then ACTIVED with gen_mode IMPORT', async () => {
    const root = await newRoot();
    const { caId, certificate } = await certified(root, { pathLength: 1 });
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

  test('the permission can be limited by the names in the certificate', async () => {
    const root = await newRoot();
    const { caId, certificate } = await certified(root);
    const askedNames = () =>
      Object.entries(bench.asked.findLast(({ action }) => action === 'pca:ca:import')?.conditions ?? {}).find(
        ([key]) => key === 'pca:SubjectNames',
      )?.[1];
    const chain = { certificate_chain: root.pem };
    assertDone(await post(account, caId, 'import', { certificate, ...chain }));
    assert.deepEqual(askedNames(), ['CN:Imported CA']);
    // What cannot be read names nobody: the CA's own name is asked about.
    const unread = await create(account, pendingBody);
    assertRefused(await post(account, unread, 'import', { certificate: 'x' }), 400, 'PCA.00020402');
    assert.deepEqual(askedNames(), [`CN:${pendingBody.distinguished_name.common_name}`]);
  });

  test('it issues, and what it issues has the whole chain', async () => {
    const root = await newRoot();
    const { caId, certificate } = await certified(root);
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
    const { certificate } = await certified(await newRoot());
    const answer = await post(account, await create(account), 'import', { certificate });
    assertRefused(answer, 403, 'PCA.00030201', /PENDING/);
  });

  test('so is a purchased CA that has no key yet', async () => {
    const { certificate } = await certified(await newRoot());
    assertRefused(
      await post(account, await order(account), 'import', { certificate }),
      403,
      'PCA.00030201',
      /no key/,
    );
  });

  test('not of another account (404 PCA.00030102), nor without the permission (401 PCA.00010004)', async () => {
    const { caId, certificate } = await certified(await newRoot());
    assertRefused(await post(bench.account(), caId, 'import', { certificate }), 404, 'PCA.00030102');
    assertRefused(
      await post(account.without('pca:ca:import'), caId, 'import', { certificate }),
      401,
      'PCA.00010004',
    );
  });

  test('activated meanwhile, it stays what it is', async () => {
    const rootId = await create(account);
    const { caId, certificate } = await certified(await newRoot());
    const answers = await Promise.all([
      post(account, caId, 'import', { certificate }),
      post(account, caId, 'activate', activationBody(rootId)),
    ]);
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [204, 403]);
  });
});

describe('the imported certificate', () => {
  test('must have been issued for the CSR of this CA (403 PCA.00030301)', async () => {
    const root = await newRoot();
    const { certificate } = await certified(root);
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
      const { caId, certificate } = await certified(await newRoot(), wish);
      assertRefused(await post(account, caId, 'import', { certificate }), 400, 'PCA.00020402', text);
      assert.equal((await details(account, caId)).status, 'PENDING');
    });
  }

  test('must be in PEM format, one CERTIFICATE (400 PCA.00020402)', async () => {
    const { caId, certificate } = await certified(await newRoot());
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
    const { caId, certificate } = await certified(await newRoot());
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
      const root = await newRoot();
      const { caId, certificate } = await certified(root);
      const body = {
        certificate: certificate.replaceAll('\n', newline),
        certificate_chain: root.pem.replaceAll('\n', newline),
      };
      assertDone(await post(account, caId, 'import', body));
      assert.equal((await exported(account, caId)).certificate, certificate.trim().replaceAll('\n', '\r\n'));
    });
  }

  test('without keyUsage it may issue, with another it may not', async () => {
    const root = await newRoot();
    const free = await certified(root, { usages: 'absent' });
    assertDone(await post(account, free.caId, 'import', { certificate: free.certificate }));
    await create(account, subordinateBody(free.caId));
    const bound = await certified(root, { usages: ['cRLSign'] });
    assertDone(await post(account, bound.caId, 'import', { certificate: bound.certificate }));
    const answer = await account.send('POST', path, subordinateBody(bound.caId));
    assertRefused(answer, 400, 'PCA.00020001', /keyCertSign/);
  });

  test('its path length binds what it issues, and 7 stands for none', async () => {
    const root = await newRoot();
    const bound = await certified(root, { pathLength: 0 });
    assertDone(await post(account, bound.caId, 'import', { certificate: bound.certificate }));
    assertRefused(await account.send('POST', path, subordinateBody(bound.caId)), 400, 'PCA.00020203');
    const free = await certified(root);
    assertDone(await post(account, free.caId, 'import', { certificate: free.certificate }));
    assert.equal((await details(account, free.caId)).path_length, 7);
  });

  test('revoked, it stops here: its issuer is outside', async () => {
    const { caId, certificate } = await certified(await newRoot());
    assertDone(await post(account, caId, 'import', { certificate }));
    assertDone(await post(account, caId, 'revoke', {}));
    assert.equal((await details(account, caId)).status, 'DISABLED');
    assertRefused(await post(account, caId, 'enable'), 403, 'PCA.00030201', /revoked/);
  });
});
