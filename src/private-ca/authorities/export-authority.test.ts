import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { attributesOfName } from '../../pki/index.ts';
import { openSqliteBench } from '../private-ca.fixture.ts';
import {
  assertDone,
  assertRefused,
  create,
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
import { csrOf } from './outside-ca.fixture.ts';

const bench = await openSqliteBench({ CERTIFICATE_AUTHORITY: 1000, CERTIFICATE: 1000 });
const account = bench.account();

describe('exportCertificateAuthorityCsr', () => {
  test('a CSR can be exported only when the CA is in status PENDING ([A.2.2] otherwise 403 PCA.00030201)', async () => {
    const caId = await create(account, pendingBody);
    const { parsed } = await csrOf(account, caId);
    assert.ok(await parsed.verify());
    const active = await account.send('GET', `${path}/${await create(account)}/csr`);
    assertRefused(active, 403, 'PCA.00030201', /ACTIVED; it has to be PENDING/);
  });

  test('it has all attributes of the CA', async () => {
    const { parsed } = await csrOf(account, await create(account, pendingBody));
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
    const { pem } = await csrOf(account, await create(account, pendingBody));
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
    const { pem, parsed } = await csrOf(account, caId);
    assert.ok(pem.length <= 4096, String(pem.length));
    assert.ok(await parsed.verify());
  });

  test('SM2 signs with SM3', async () => {
    const { parsed } = await csrOf(account, await create(account, { ...pendingBody, key_algorithm: 'SM2' }));
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

test('a CA scheduled for deletion can be exported again only after it was restored and enabled', async () => {
  const caId = await create(account);
  const before = await exported(account, caId);
  await scheduleDeletion(account, caId);
  assertRefused(await post(account, caId, 'export'), 403, 'PCA.00030201', /DELETED/);
  assertDone(await post(account, caId, 'restore'));
  assertDone(await post(account, caId, 'enable'));
  assert.deepEqual(await exported(account, caId), before);
});
