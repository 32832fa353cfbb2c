import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { unzipSync } from 'fflate';
import { createTokenInMemory } from '../../test/support/token-in-memory.ts';
import {
  decryptPkcs8,
  type KeyUsage,
  keyUsageExtension,
  nameFromAttributes,
  parseCertificate,
  parseJks,
  parsePem,
  parsePkcs12,
  parsePublicKey,
  publicKeyOfPkcs8,
  subjectAlternativeNameExtension,
  validateChain,
} from '../pki/index.ts';
import {
  activationBody,
  assertDone,
  assertRefused,
  path as caPath,
  certificateOf as certificateOfCa,
  create,
  details as detailsOfCa,
  exported,
  pendingBody,
  post,
  rootBody,
  subordinateBody,
} from './authorities/authorities.fixture.ts';
import {
  certificateBody,
  certificateOf,
  createRoot,
  csrBody,
  csrOf,
  details,
  exportedFields,
  issue,
  issueByCsr,
  openSqliteBench,
  path,
  subordinateByCsr,
} from './certificates/certificates.fixture.ts';
import { longestCsr } from './certificates/certification-request.ts';
import { openSqliteBench as openBenchWithHsm } from './private-ca.fixture.ts';

const bench = await openSqliteBench({ CERTIFICATE_AUTHORITY: 1000, CERTIFICATE: 1000 });
const account = bench.account();
const nameOf = { MLDSA44: 'ML-DSA-44', MLDSA65: 'ML-DSA-65', MLDSA87: 'ML-DSA-87' } as const;
const algorithms = ['MLDSA44', 'MLDSA65', 'MLDSA87'] as const;

const subordinate = (issuerId: string, key_algorithm: string, signature_algorithm: string) =>
  create(account, { ...subordinateBody(issuerId), key_algorithm, signature_algorithm });

/** OpenSSL's and our own judgement of an exported certificate and its chain. */
async function assertChain(certificateId: string, length: number): Promise<void> {
  const { certificate = '', certificate_chain = '' } = await exportedFields(account, certificateId);
  const chain = parsePem(`${certificate}\n${certificate_chain}`).map(({ der }) => der);
  assert.equal(chain.length, length);
  const x509 = chain.map((each) => new X509Certificate(each));
  for (const [index, each] of x509.entries()) {
    const issuer = x509[index + 1] ?? each;
    assert.ok(each.checkIssued(issuer) && each.verify(issuer.publicKey), each.subject);
  }
  const atMs = bench.clock.nowMs();
  assert.deepEqual(await validateChain(chain.map(parseCertificate), { atMs }), { valid: true });
}

for (const algorithm of algorithms) {
  describe(`CAs with keys of ${nameOf[algorithm]}`, () => {
    test('a root, a subordinate CA and a certificate; signature_algorithm is the name of the signing key', async () => {
      const rootId = await createRoot(account, algorithm);
      const subId = await subordinate(rootId, algorithm, algorithm);
      for (const id of [rootId, subId]) {
        const { key_algorithm, signature_algorithm, status } = await detailsOfCa(account, id);
        assert.deepEqual([key_algorithm, signature_algorithm, status], [algorithm, algorithm, 'ACTIVED']);
        const { parsed } = await certificateOfCa(account, id);
        assert.equal(parsed.signatureAlgorithm?.name, nameOf[algorithm]);
        assert.equal(parsePublicKey(parsed.spki).algorithm, algorithm);
      }
      const leafId = await issue(account, subId);
      const { key_algorithm, signature_algorithm } = await details(account, leafId);
      assert.deepEqual([key_algorithm, signature_algorithm], [algorithm, algorithm]);
      // RFC 9881 §5: such a key neither enciphers nor agrees on keys.
      assert.deepEqual((await certificateOf(account, leafId)).known.keyUsage, ['digitalSignature']);
      await assertChain(leafId, 3);
    });

    test('a CSR may be as long as such a key and its names need, be it for a certificate or for a CA', async () => {
      const rootId = await createRoot(account, algorithm);
      const names = Array.from(
        { length: 20 },
        (_, index) => `${index}.${'long-'.repeat(10)}name.example.com`,
      );
      const extensions = [
        subjectAlternativeNameExtension(names.map((value) => ({ type: 'DNS', value }) as const)),
      ];
      const csr = await csrOf({ keyAlgorithm: algorithm, extensions });
      assert.ok(csr.length > longestCsr.ofReference);
      const leafId = await issueByCsr(account, rootId, csr.replaceAll('\n', '\\r\\n'));
      assert.deepEqual((await certificateOf(account, leafId)).known.keyUsage, ['digitalSignature']);
      await assertChain(leafId, 2);
      const { exported: files, shown } = await subordinateByCsr(
        account,
        rootId,
        await csrOf({ keyAlgorithm: algorithm }),
      );
      assert.deepEqual([shown.key_algorithm, shown.signature_algorithm], [algorithm, algorithm]);
      assert.equal(parsePem(`${files.certificate}\n${files.certificate_chain}`).length, 2);
    });

    test('a parsed CSR shows the key, its bits and the signature', async () => {
      const subject = nameFromAttributes({ commonName: 'parsed' });
      const csr = await csrOf({ keyAlgorithm: algorithm, subject });
      const { body, status } = await account.send<Record<string, unknown>>('POST', `${path}/csr/parse`, {
        csr,
      });
      assert.equal(status, 200, JSON.stringify(body));
      const bits = { MLDSA44: 10_496, MLDSA65: 15_616, MLDSA87: 20_736 }[algorithm];
      assert.deepEqual(
        [body.key_algorithm, body.key_algorithm_length, body.signature_algorithm],
        [algorithm, bits, nameOf[algorithm]],
      );
    });

    test('exports hold the key as PKCS #8, bare, encrypted, in PFX and in JKS', async () => {
      const leafId = await issue(account, await createRoot(account, algorithm));
      const password = 'Aa0,.+-_#';
      const bare = await exportedFields(account, leafId);
      const expected = (await certificateOf(account, leafId)).spki;
      const isOwn = (pkcs8: Uint8Array) => assert.deepEqual(publicKeyOfPkcs8(pkcs8), expected);
      assert.match(bare.private_key!, /^-----BEGIN PRIVATE KEY-----/);
      isOwn(parsePem(bare.private_key!)[0]!.der);
      const opened = createPrivateKey(bare.private_key!);
      assert.equal(opened.asymmetricKeyType, nameOf[algorithm].toLowerCase());
      assert.deepEqual(
        createPublicKey(opened).export({ type: 'spki', format: 'der' }),
        Buffer.from(expected),
      );
      const sealed = await exportedFields(account, leafId, { password });
      isOwn(await decryptPkcs8(parsePem(sealed.private_key!)[0]!.der, password));
      const zip = async (type: string) => {
        const body = { is_compressed: true, type, password };
        return unzipSync((await account.send('POST', `${path}/${leafId}/export`, body)).bytes);
      };
      isOwn((await parsePkcs12((await zip('IIS'))['server.pfx']!, password)).keys[0]!.privateKeyPkcs8);
      const [entry] = parseJks((await zip('TOMCAT'))['server.jks']!, password);
      assert.ok(entry?.kind === 'privateKey');
      isOwn(entry.privateKeyPkcs8);
    });
  });
}

describe('ML-DSA beside other keys', () => {
  test('the signing key decides what signature_algorithm has to be, above and below', async () => {
    const classical = await createRoot(account);
    const postQuantum = await createRoot(account, 'MLDSA65');
    const below = await subordinate(postQuantum, 'EC384', 'MLDSA65');
    await assertChain(await issue(account, below, { key_algorithm: 'MLDSA44' }), 3);
    await assertChain(
      await issue(account, await subordinate(classical, 'MLDSA87', 'SHA384'), { key_algorithm: 'EC256' }),
      3,
    );
    // Its CA was signed without a hash that could be the default.
    assert.equal((await details(account, await issue(account, below))).signature_algorithm, 'SHA256');
    for (const [issuerId, asked, remedy] of [
      [postQuantum, 'SHA256', 'MLDSA65'],
      [postQuantum, 'SM3', 'MLDSA65'],
      [postQuantum, 'MLDSA44', 'MLDSA65'],
      [classical, 'MLDSA65', 'SHA256, SHA384 or SHA512'],
    ] as const) {
      const body = { ...certificateBody(issuerId), signature_algorithm: asked };
      assertRefused(
        await account.send('POST', path, body),
        400,
        'PCA.00020103',
        new RegExp(`use ${remedy}\\.`),
      );
      const ca = { ...subordinateBody(issuerId), signature_algorithm: asked };
      assertRefused(await account.send('POST', caPath, ca), 400, 'PCA.00020103');
    }
    const sm2 = { ...certificateBody(postQuantum), key_algorithm: 'SM2' };
    assertRefused(await account.send('POST', path, sm2), 400, 'PCA.00020102', /SM2/);
    const root = { ...rootBody, key_algorithm: 'MLDSA65', signature_algorithm: 'SHA256' };
    assertRefused(await account.send('POST', caPath, root), 400, 'PCA.00020103', /use MLDSA65\./);
  });

  test('a CA that is activated later, or by a certificate from outside', async () => {
    const rootId = await createRoot(account, 'MLDSA87');
    const distinguished_name = { ...pendingBody.distinguished_name, common_name: 'Activated later' };
    const pending = { ...pendingBody, key_algorithm: 'MLDSA44', distinguished_name };
    const activatedId = await create(account, pending);
    const activation = { ...activationBody(rootId), signature_algorithm: 'MLDSA87' };
    assertDone(await post(account, activatedId, 'activate', activation));
    await assertChain(await issue(account, activatedId), 3);
    const other = bench.account();
    const importedId = await create(other, pending);
    const { body } = await other.send<{ csr: string }>('GET', `${caPath}/${importedId}/csr`);
    assert.ok(body.csr.length > longestCsr.ofReference);
    const outside = await subordinateByCsr(account, rootId, body.csr);
    assertDone(await post(other, importedId, 'import', outside.exported));
    const shown = await detailsOfCa(other, importedId);
    assert.deepEqual([shown.status, shown.signature_algorithm], ['ACTIVED', 'MLDSA87']);
    assert.equal((await exported(other, importedId)).certificate, outside.exported.certificate);
  });

  test('a request for another key is no longer than the reference permits, with ML-DSA 16384 characters', async () => {
    const usages = (...each: KeyUsage[]) => [keyUsageExtension(each)];
    const rootId = await createRoot(account, 'MLDSA44');
    const send = (csr: string) => account.send('POST', `${path}/csr`, csrBody(rootId, csr));
    const rsa = await csrOf({ keyAlgorithm: 'RSA2048', extensions: usages('digitalSignature') });
    assert.equal((await send(rsa.padEnd(5120, '\n'))).status, 200);
    assertRefused(await send(rsa.padEnd(5121, '\n')), 400, 'PCA.00020401', /csr must have at most 5120/);
    const mlDsa = await csrOf({ keyAlgorithm: 'MLDSA87' });
    assert.equal((await send(mlDsa.padEnd(16_384, '\n'))).status, 200);
    assertRefused(await send(mlDsa.padEnd(16_385, '\n')), 400, 'PCA.00020401', /16384/);
  });

  test('a policy can allow such keys only', async () => {
    const rootId = await createRoot(account);
    const policy = { key_algorithms: ['MLDSA44', 'MLDSA65', 'MLDSA87'] };
    assertDone(await account.send('PUT', `${caPath}/${rootId}/issuance-policy`, policy));
    await issue(account, rootId, { key_algorithm: 'MLDSA65' });
    assertRefused(await account.send('POST', path, certificateBody(rootId)), 400, 'PCA.00020001', /EC256/);
  });

  test('an HSM keeps no such keys', async () => {
    const token = createTokenInMemory();
    const withHsm = await openBenchWithHsm(undefined, { token });
    const hsm_cluster_info = {
      hsm_project: 'cn-north-7',
      hsm_cluster_id: token.clusterId,
      hsm_ca_cert: (await exported(account, await createRoot(account))).certificate,
    };
    const algorithm = { key_algorithm: 'MLDSA44', signature_algorithm: 'MLDSA44' };
    const body = { ...rootBody, ...algorithm, hsm_cluster_info };
    const answer = await withHsm.account().send('POST', caPath, body);
    assertRefused(answer, 400, 'PCA.00020102', /MLDSA44 cannot be kept in an HSM/);
  });
});
