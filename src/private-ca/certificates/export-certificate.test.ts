import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { unzipSync } from 'fflate';
import {
  decryptPkcs8,
  openSignedAndEnvelopedData,
  openSm2EnvelopedKey,
  parseJks,
  parsePem,
  parsePkcs12,
  privateKeyFromPemBlock,
  publicKeyOfPkcs8,
} from '../../pki/index.ts';
import { assertRefused, create, subordinateBody } from '../authorities/authorities.fixture.ts';
import {
  createRoot,
  csrOf,
  exportedFields,
  issue,
  issueByCsr,
  newSigner,
  openSqliteBench,
  parsedPem,
  path,
} from './certificates.fixture.ts';

const bench = await openSqliteBench();
const account = bench.account();
const serverTypes = ['APACHE', 'NGINX', 'IIS', 'TOMCAT', 'OTHER'];
const password = 'Aa0,.+-_#';

/** One certificate of each algorithm family and origin of the key. */
const ids = { generated: '', requested: '', rsa: '', sm2: '', sm2Requested: '' };
const sm2Applicant = await newSigner('SM2');

before(async () => {
  const root = await createRoot(account);
  const subordinate = await create(account, subordinateBody(root));
  ids.generated = await issue(account, subordinate);
  ids.requested = await issueByCsr(account, subordinate, await csrOf());
  ids.rsa = await issue(account, root, { key_algorithm: 'RSA2048' });
  const sm2 = await createRoot(account, 'SM2');
  ids.sm2 = await issue(account, sm2);
  ids.sm2Requested = await issueByCsr(account, sm2, await csrOf({ signer: sm2Applicant }));
});

const send = (id: string, body: object) =>
  account.send<Record<string, string>>('POST', `${path}/${id}/export`, body);
const refused = (id: string, body: object) => account.send('POST', `${path}/${id}/export`, body);

async function zip(id: string, body: object): Promise<Record<string, Buffer>> {
  const answer = await send(id, { is_compressed: 'true', ...body });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  const files = Object.entries(unzipSync(answer.bytes));
  return Object.fromEntries(files.map(([name, bytes]) => [name, Buffer.from(bytes)]));
}

const pemCount = (text: string | Buffer) => parsePem(text.toString()).length;
const keyOf = (pem: string) => {
  const [block] = parsePem(pem);
  return privateKeyFromPemBlock(block!.label, block!.der);
};

/** The private key is the certificate's. */
function assertPair(privateKeyPkcs8: Uint8Array, certificate: string | Uint8Array): void {
  const spki = typeof certificate === 'string' ? parsedPem(certificate).spki : certificate;
  assert.deepEqual(Buffer.from(publicKeyOfPkcs8(privateKeyPkcs8)), Buffer.from(spki));
}

describe('exportCertificate, JSON', () => {
  test('is_compressed false: certificate, chain up to the root and private key, with CRLF', async () => {
    const fields = await exportedFields(account, ids.rsa);
    assert.deepEqual(Object.keys(fields), ['certificate', 'certificate_chain', 'private_key']);
    for (const text of Object.values(fields)) assert.doesNotMatch(text, /[^\r]\n/);
    assert.match(
      fields.private_key!,
      /^-----BEGIN RSA PRIVATE KEY-----\r\n[\s\S]*-----END RSA PRIVATE KEY-----\r\n$/,
    );
    assert.match(fields.certificate!, /-----END CERTIFICATE-----$/);
    assert.match(fields.certificate_chain!, /-----END CERTIFICATE-----$/);
    const key = createPrivateKey(fields.private_key!);
    assert.ok(new X509Certificate(fields.certificate!).checkPrivateKey(key));
    assert.equal(pemCount((await exportedFields(account, ids.generated)).certificate_chain!), 2);
  });

  test('EC keys have the form of OpenSSL too', async () => {
    const fields = await exportedFields(account, ids.generated, { type: 'NGINX' });
    assert.match(fields.private_key!, /^-----BEGIN EC PRIVATE KEY-----/);
    const publicKey = createPublicKey(createPrivateKey(fields.private_key!));
    assert.ok(new X509Certificate(fields.certificate!).publicKey.equals(publicKey));
  });

  test('key generated here: APACHE, NGINX and OTHER are defined, IIS and TOMCAT are not', async () => {
    for (const type of ['APACHE', 'NGINX', 'OTHER']) {
      const fields = await exportedFields(account, ids.generated, { type });
      assert.deepEqual(Object.keys(fields), ['certificate', 'certificate_chain', 'private_key'], type);
    }
    for (const type of ['IIS', 'TOMCAT']) {
      assertRefused(
        await refused(ids.generated, { type, is_compressed: false }),
        400,
        'PCA.00020001',
        /is_compressed true/,
      );
    }
  });

  test('certificate issued with a CSR: no private key is returned, for any type', async () => {
    for (const type of serverTypes) {
      const fields = await exportedFields(account, ids.requested, { type });
      assert.deepEqual(Object.keys(fields), ['certificate', 'certificate_chain']);
    }
  });

  test('a password encrypts the private key, without one it is not encrypted', async () => {
    for (const id of [ids.rsa, ids.generated]) {
      const fields = await exportedFields(account, id, { password });
      assert.match(fields.private_key!, /^-----BEGIN ENCRYPTED PRIVATE KEY-----\r\n/);
      const key = createPrivateKey({ key: fields.private_key!, passphrase: password });
      assert.ok(new X509Certificate(fields.certificate!).checkPrivateKey(key));
    }
  });
});

describe('exportCertificate, ZIP', () => {
  test('the package is named <certificate name>_<type in lower case>.zip', async () => {
    const answer = await send(ids.generated, { type: 'APACHE', is_compressed: true });
    assert.equal(answer.headers['content-type'], 'application/zip');
    assert.equal(answer.headers['content-disposition'], 'attachment; filename="test.example.com_apache.zip"');
    assert.equal(answer.headers['cache-control'], 'no-store');
  });

  test('a common name with *, Chinese characters, spaces and dots makes a safe file name', async () => {
    const root = await createRoot(account);
    const id = await issue(account, root, { distinguished_name: { common_name: '..*.测试 a' } });
    const answer = await send(id, { type: 'OTHER', is_compressed: true });
    assert.equal(
      answer.headers['content-disposition'],
      `attachment; filename="__.__ a_other.zip"; filename*=UTF-8''__.%E6%B5%8B%E8%AF%95%20a_other.zip`,
    );
  });

  test('APACHE: server.key, chain.crt and server.crt', async () => {
    const files = await zip(ids.generated, { type: 'APACHE' });
    assert.deepEqual(Object.keys(files), ['server.key', 'chain.crt', 'server.crt']);
    assertPair(keyOf(files['server.key']!.toString()), files['server.crt']!.toString());
    assert.deepEqual([pemCount(files['chain.crt']!), pemCount(files['server.crt']!)], [2, 1]);
    const encrypted = await zip(ids.generated, { type: 'APACHE', password });
    const [block] = parsePem(encrypted['server.key']!.toString());
    assertPair(await decryptPkcs8(block!.der, password), encrypted['server.crt']!.toString());
  });

  test('NGINX: server.key, and server.crt with certificate and chain', async () => {
    const files = await zip(ids.generated, { type: 'NGINX' });
    assert.deepEqual(Object.keys(files), ['server.key', 'server.crt']);
    assert.equal(pemCount(files['server.crt']!), 3);
    assertPair(keyOf(files['server.key']!.toString()), files['server.crt']!.toString());
  });

  test('OTHER: server.key, chain.pem and server.pem', async () => {
    const files = await zip(ids.generated, { type: 'OTHER' });
    assert.deepEqual(Object.keys(files), ['server.key', 'chain.pem', 'server.pem']);
    assert.deepEqual([pemCount(files['chain.pem']!), pemCount(files['server.pem']!)], [2, 1]);
  });

  test('IIS: server.pfx with key, certificate and chain; keystorePass.txt holds its password', async () => {
    const files = await zip(ids.generated, { type: 'IIS' });
    assert.deepEqual(Object.keys(files), ['keystorePass.txt', 'server.pfx']);
    const pfx = await parsePkcs12(files['server.pfx']!, files['keystorePass.txt']!.toString());
    assert.deepEqual([pfx.keys.length, pfx.certificates.length], [1, 3]);
    const { certificate } = await exportedFields(account, ids.generated);
    assertPair(pfx.keys[0]!.privateKeyPkcs8, certificate!);
  });

  test('TOMCAT: server.jks with key, certificate and chain; keystorePass.txt holds its password', async () => {
    const files = await zip(ids.generated, { type: 'TOMCAT' });
    assert.deepEqual(Object.keys(files), ['keystorePass.txt', 'server.jks']);
    const [entry] = parseJks(files['server.jks']!, files['keystorePass.txt']!.toString());
    assert.ok(entry?.kind === 'privateKey');
    assert.equal(entry.certificatesDer.length, 3);
    const { certificate } = await exportedFields(account, ids.generated);
    assertPair(entry.privateKeyPkcs8, certificate!);
  });

  test('IIS and TOMCAT: with a password there is no keystorePass.txt, and the password opens the keystore', async () => {
    const iis = await zip(ids.generated, { type: 'IIS', password });
    assert.deepEqual(Object.keys(iis), ['server.pfx']);
    assert.equal((await parsePkcs12(iis['server.pfx']!, password)).keys.length, 1);
    const tomcat = await zip(ids.generated, { type: 'TOMCAT', password });
    assert.deepEqual(Object.keys(tomcat), ['server.jks']);
    assert.equal(parseJks(tomcat['server.jks']!, password).length, 1);
  });

  test('the file exported for IIS or TOMCAT differs at each export', async () => {
    for (const type of ['IIS', 'TOMCAT']) {
      const [first, second] = [await zip(ids.generated, { type }), await zip(ids.generated, { type })];
      for (const name of Object.keys(first)) assert.notDeepEqual(first[name], second[name], name);
    }
  });

  test('certificate issued with a CSR: two files, or server.crt alone for NGINX', async () => {
    for (const type of ['APACHE', 'IIS', 'TOMCAT']) {
      const files = await zip(ids.requested, { type, password });
      assert.deepEqual(Object.keys(files), ['chain.crt', 'server.crt'], type);
      assert.deepEqual([pemCount(files['chain.crt']!), pemCount(files['server.crt']!)], [2, 1]);
    }
    assert.deepEqual(Object.keys(await zip(ids.requested, { type: 'NGINX' })), ['server.crt']);
    assert.deepEqual(Object.keys(await zip(ids.requested, { type: 'OTHER' })), ['chain.pem', 'cert.pem']);
  });
});

describe('exportCertificate, SM', () => {
  test('only type OTHER is defined', async () => {
    for (const type of ['APACHE', 'IIS', 'NGINX', 'TOMCAT']) {
      for (const is_compressed of [true, false]) {
        for (const is_sm_standard of [true, false]) {
          for (const id of [ids.sm2, ids.sm2Requested]) {
            const answer = await refused(id, { type, is_compressed, is_sm_standard });
            assertRefused(answer, 400, 'PCA.00020001', /type OTHER/);
          }
        }
      }
    }
  });

  test('JSON without envelopes: both certificates, and the keys that are kept here', async () => {
    const fields = await exportedFields(account, ids.sm2);
    assert.deepEqual(Object.keys(fields), [
      'certificate_chain',
      'certificate',
      'private_key',
      'enc_certificate',
      'enc_private_key',
    ]);
    assertPair(keyOf(fields.private_key!), fields.certificate!);
    assertPair(keyOf(fields.enc_private_key!), fields.enc_certificate!);
    const requested = await exportedFields(account, ids.sm2Requested);
    assert.deepEqual(Object.keys(requested), [
      'certificate_chain',
      'certificate',
      'enc_certificate',
      'enc_private_key',
    ]);
    assertPair(keyOf(requested.enc_private_key!), requested.enc_certificate!);
  });

  test('a password encrypts every private key', async () => {
    const fields = await exportedFields(account, ids.sm2, { password });
    const pairs = [
      ['private_key', 'certificate'],
      ['enc_private_key', 'enc_certificate'],
    ] as const;
    for (const [key, certificate] of pairs) {
      assertPair(await decryptPkcs8(parsePem(fields[key]!)[0]!.der, password), fields[certificate]!);
    }
  });

  test('is_sm_standard: Base64 of the envelopes of GM/T 0009 and 0010, which the signature key opens', async () => {
    const fields = await exportedFields(account, ids.sm2, { is_sm_standard: 'true' });
    assert.deepEqual(Object.keys(fields), [
      'certificate_chain',
      'certificate',
      'private_key',
      'enc_certificate',
      'enc_sm2_enveloped_key',
      'signed_and_enveloped_data',
    ]);
    const recipient = keyOf(fields.private_key!);
    const opened = openSm2EnvelopedKey(Buffer.from(fields.enc_sm2_enveloped_key!, 'base64'), recipient);
    assertPair(opened, fields.enc_certificate!);
    const envelope = Buffer.from(fields.signed_and_enveloped_data!, 'base64');
    const signed = await openSignedAndEnvelopedData(envelope, recipient);
    assertPair(signed.privateKeyPkcs8, fields.enc_certificate!);
    assert.deepEqual(
      Buffer.from(signed.signerCertificateDer),
      Buffer.from(parsePem(fields.certificate_chain!)[0]!.der),
    );
    const requested = await exportedFields(account, ids.sm2Requested, { is_sm_standard: true });
    assert.deepEqual(Object.keys(requested), [
      'certificate_chain',
      'certificate',
      'enc_certificate',
      'enc_sm2_enveloped_key',
      'signed_and_enveloped_data',
    ]);
  });

  test('ZIP: five files, four with a CSR; six and five with envelopes', async () => {
    const names = async (id: string, is_sm_standard: boolean) =>
      Object.keys(await zip(id, { type: 'OTHER', is_sm_standard })).join(' ');
    assert.equal(await names(ids.sm2, false), 'chain.pem signCert.key signCert.pem encCert.key encCert.pem');
    assert.equal(await names(ids.sm2Requested, false), 'chain.pem signCert.pem encCert.key encCert.pem');
    assert.equal(
      await names(ids.sm2, true),
      'chain.pem signCert.key signCert.pem encSm2EnvelopedKey.key signedAndEnvelopedData.key encCert.pem',
    );
    assert.equal(
      await names(ids.sm2Requested, true),
      'chain.pem signCert.pem encSm2EnvelopedKey.key signedAndEnvelopedData.key encCert.pem',
    );
  });

  test('is_sm_standard has no effect on other algorithms', async () => {
    const fields = await exportedFields(account, ids.generated, { is_sm_standard: true });
    assert.deepEqual(Object.keys(fields), ['certificate', 'certificate_chain', 'private_key']);
  });
});

test('private keys are wiped after use', async ({ mock }) => {
  const { mock: taken } = mock.method(bench.keyStore, 'exportPrivateKey');
  await exportedFields(account, ids.sm2, { is_sm_standard: true });
  await exportedFields(account, ids.generated, { password });
  for (const type of ['IIS', 'TOMCAT']) await zip(ids.generated, { type });
  const keys = await Promise.all(taken.calls.map(({ result }) => result!));
  assert.equal(keys.length, 6);
  for (const key of keys) assert.ok(key.length > 0 && key.every((octet) => octet === 0));
});

describe('exportCertificate, many at once', () => {
  test('of one account delay those of another by a few, not by all', async () => {
    const other = bench.account();
    const id = await issue(other, await createRoot(other));
    const body = { type: 'NGINX', is_compressed: 'false', password };
    let finished = 0;
    const many = Array.from({ length: 40 }, async () => {
      assert.equal((await send(ids.generated, body)).status, 200);
      finished += 1;
    });
    await Promise.race(many);
    assert.equal((await other.send('POST', `${path}/${id}/export`, body)).status, 200);
    assert.ok(finished < 20, `after ${finished} of the other account`);
    await Promise.all(many);
  });
});
