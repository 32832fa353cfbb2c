import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { nameToString, parsePublicKey } from '../../pki/index.ts';
import { assertRefused, create, post, subject, subordinateBody } from '../authorities/authorities.fixture.ts';
import { knownProject, testNowMs } from '../private-ca.fixture.ts';
import {
  certificateBody,
  certificateOf,
  countOf,
  createRoot,
  details,
  exportedFields,
  issue,
  openSqliteBench,
  parsedPem,
  path,
} from './certificates.fixture.ts';

const bench = await openSqliteBench();
const account = bench.account();
const root = await createRoot(account);
const day = 86_400_000;
const notBefore = Math.floor(testNowMs / 1000) * 1000;
const send = (changes: object, issuer = root) =>
  account.send('POST', path, { ...certificateBody(issuer), ...changes });

describe('createCertificate', () => {
  test("the response is 200 with the certificate_id, and the certificate is the issuer's", async () => {
    const answer = await account.send<{ certificate_id: string }>('POST', path, certificateBody(root));
    assert.equal(answer.status, 200);
    assert.deepEqual(Object.keys(answer.body), ['certificate_id']);
    const exported = await exportedFields(account, answer.body.certificate_id);
    const certificate = new X509Certificate(exported.certificate!);
    const issuer = new X509Certificate(exported.certificate_chain!);
    assert.ok(certificate.verify(issuer.publicKey));
    assert.ok(certificate.checkIssued(issuer));
    assert.ok(!certificate.ca);
    assert.equal(
      BigInt(`0x${certificate.serialNumber}`).toString(),
      (await details(account, answer.body.certificate_id)).serial_number,
    );
  });

  test('issuer_id, distinguished_name (with common_name) and validity are mandatory', async () => {
    const { issuer_id, distinguished_name, validity } = certificateBody(root);
    const post = (body: object) => account.send('POST', path, body);
    assertRefused(await post({ distinguished_name, validity }), 400, 'PCA.00020201', /issuer_id/);
    assertRefused(await post({ issuer_id, validity }), 400, 'PCA.00020101', /distinguished_name/);
    assertRefused(
      await post({ issuer_id, validity, distinguished_name: {} }),
      400,
      'PCA.00020101',
      /common_name/,
    );
    assertRefused(await post({ issuer_id, distinguished_name }), 400, 'PCA.00020109', /validity/);
  });

  test('the issuing CA must exist', async () => {
    const nobody = '00000000-0000-0000-0000-000000000000';
    assertRefused(await send({}, nobody), 404, 'PCA.00030103', /issuer_id/);
    const others = await createRoot(bench.account());
    assertRefused(await send({}, others), 404, 'PCA.00030103', /issuer_id/);
  });

  test('the issuing CA must be ACTIVED', async () => {
    const disabled = await createRoot(account);
    assert.equal((await post(account, disabled, 'disable')).status, 204);
    assertRefused(await send({}, disabled), 403, 'PCA.00030201', /DISABLED/);
  });

  test('a frozen issuer does not issue', async () => {
    const frozen = await createRoot(account);
    await bench.database.transaction(async (transaction) => {
      await transaction
        .tables<{ certificate_authorities: { ca_id: string; freeze_flag: number } }>()
        .updateTable('certificate_authorities')
        .set({ freeze_flag: 1 })
        .where('ca_id', '=', frozen)
        .execute();
    });
    assertRefused(await send({}, frozen), 403, 'PCA.00030202');
  });

  test('key_algorithm and signature_algorithm default to those of the CA', async () => {
    const issuer = await createRoot(account, 'EC384', { signature_algorithm: 'SHA512' });
    const id = await issue(account, issuer);
    const shown = await details(account, id);
    assert.deepEqual([shown.key_algorithm, shown.signature_algorithm], ['EC384', 'SHA512']);
    const certificate = await certificateOf(account, id);
    assert.equal(parsePublicKey(certificate.spki).algorithm, 'EC384');
    assert.equal(certificate.signatureAlgorithm?.name, 'SHA512withECDSA');
  });

  test('key_algorithm is RSA2048, RSA4096, EC256, EC384 or SM2', async () => {
    for (const [key, curve] of [
      ['EC256', 'EC256'],
      ['EC384', 'EC384'],
      ['RSA2048', 'RSA2048'],
    ] as const) {
      const certificate = await certificateOf(account, await issue(account, root, { key_algorithm: key }));
      assert.equal(parsePublicKey(certificate.spki).algorithm, curve);
    }
    assertRefused(await send({ key_algorithm: 'RSA1024' }), 400, 'PCA.00020102', /key_algorithm/);
    assertRefused(await send({ key_algorithm: 'SM2' }), 400, 'PCA.00020102', /issuing CA/);
  });

  test('signature_algorithm is SHA256, SHA384, SHA512 or SM3, which goes with SM2', async () => {
    for (const hash of ['SHA256', 'SHA384', 'SHA512']) {
      const certificate = await certificateOf(
        account,
        await issue(account, root, { signature_algorithm: hash }),
      );
      assert.equal(certificate.signatureAlgorithm?.name, `${hash}withECDSA`);
    }
    assertRefused(await send({ signature_algorithm: 'SHA1' }), 400, 'PCA.00020103', /signature_algorithm/);
    assertRefused(await send({ signature_algorithm: 'SM3' }), 400, 'PCA.00020103', /signature_algorithm/);
  });

  test('attributes not specified are inherited from the parent CA', async () => {
    const id = await issue(account, root, {
      distinguished_name: { common_name: 'a', organization: 'Own', state: '', country: 'de' },
    });
    const expected = { ...subject, common_name: 'a', organization: 'Own', country: 'de' };
    assert.deepEqual((await details(account, id)).distinguished_name, expected);
    const certificate = await certificateOf(account, id);
    assert.equal(nameToString(certificate.subject), 'OU=PKI,O=Own,L=Chengdu,ST=Sichuan,C=de,CN=a');
  });

  test('the distinguished name has 1 to 64, 128 and 64 characters of those allowed, the country two letters', async () => {
    const longest = {
      common_name: 'c'.repeat(64),
      state: 's'.repeat(128),
      locality: '市'.repeat(128),
      organization: 'o'.repeat(64),
      organizational_unit: '*'.replace('*', '-'),
    };
    assert.equal((await send({ distinguished_name: longest })).status, 200);
    const wrong: Record<string, string[]> = {
      common_name: ['', 'c'.repeat(65), 'a\u0000b', 'a/b', 'ü', 'a\nb'],
      state: ['s'.repeat(129), 'a*'],
      locality: ['l'.repeat(129), 'a@'],
      organization: ['o'.repeat(65), 'a*'],
      organizational_unit: ['u'.repeat(65), 'a;'],
      country: ['C', 'CHN', '12', '中国'],
    };
    for (const [field, values] of Object.entries(wrong)) {
      for (const value of values) {
        const answer = await send({ distinguished_name: { common_name: 'a', [field]: value } });
        assertRefused(answer, 400, 'PCA.00020101', new RegExp(`distinguished_name.${field}`));
      }
    }
    assert.equal((await send({ distinguished_name: { common_name: '*.例 a_b-c.d,e' } })).status, 200);
  });

  test('validity: YEAR is 12 months, MONTH 31 days, DAY, HOUR', async () => {
    const ends = {
      YEAR: Date.UTC(2025, 2, 15, 10, 20, 30),
      MONTH: notBefore + 31 * day,
      DAY: notBefore + day,
      HOUR: notBefore + day / 24,
    };
    for (const [type, notAfter] of Object.entries(ends)) {
      const shown = await details(account, await issue(account, root, { validity: { type, value: 1 } }));
      assert.deepEqual([shown.not_before, shown.not_after], [notBefore, notAfter], type);
    }
    assertRefused(await send({ validity: { type: 'WEEK', value: 1 } }), 400, 'PCA.00020109', /validity.type/);
    assertRefused(await send({ validity: { type: 'DAY', value: 0 } }), 400, 'PCA.00020109', /validity.value/);
    assertRefused(
      await send({ validity: { type: 'DAY', value: 1.5 } }),
      400,
      'PCA.00020109',
      /validity.value/,
    );
  });

  test('the validity period is at most 20 years, whatever the unit', async () => {
    const issuer = await createRoot(account, 'EC256', { validity: { type: 'YEAR', value: 30 } });
    const id = await issue(account, issuer, { validity: { type: 'YEAR', value: 20 } });
    assert.equal((await details(account, id)).not_after, Date.UTC(2044, 2, 15, 10, 20, 30));
    assertRefused(
      await send({ validity: { type: 'YEAR', value: 21 } }, issuer),
      400,
      'PCA.00020109',
      /20 years/,
    );
    assertRefused(
      await send({ validity: { type: 'DAY', value: 7306 } }, issuer),
      400,
      'PCA.00020109',
      /20 years/,
    );
  });

  test('a validity that would outlast the issuer is cut at its end', async () => {
    const id = await issue(account, root, { validity: { type: 'YEAR', value: 20 } });
    assert.equal((await details(account, id)).not_after, Date.UTC(2034, 2, 15, 10, 20, 30));
    assert.equal((await certificateOf(account, id)).notAfterMs, Date.UTC(2034, 2, 15, 10, 20, 30));
  });

  test('start_from is in milliseconds, a number or digits in a string, later than five minutes ago', async () => {
    const start = testNowMs + 10 * day;
    for (const start_from of [start, String(start)]) {
      const id = await issue(account, root, { validity: { type: 'DAY', value: 1, start_from } });
      assert.equal((await details(account, id)).not_before, notBefore + 10 * day);
    }
    const from = (start_from: unknown) => send({ validity: { type: 'DAY', value: 1, start_from } });
    assert.equal((await from(testNowMs - 299_999)).status, 200);
    assertRefused(await from(testNowMs - 300_000), 400, 'PCA.00020109', /start_from/);
    assertRefused(await from('soon'), 400, 'PCA.00020109', /start_from/);
  });

  test('what Terraform sends for attributes that are not set', async () => {
    const id = await issue(account, root, {
      distinguished_name: {
        common_name: 'tf',
        country: '',
        state: '',
        locality: '',
        organization: '',
        organizational_unit: '',
      },
      key_usages: [],
      subject_alternative_names: [],
      customized_extension: { object_identifier: '', value: '' },
      extended_key_usage: {
        server_auth: false,
        client_auth: false,
        code_signing: false,
        email_protection: false,
        time_stamping: false,
      },
      enterprise_project_id: '',
    });
    const certificate = await certificateOf(account, id);
    assert.deepEqual(certificate.known.subjectAlternativeNames, undefined);
    assert.deepEqual((await details(account, id)).distinguished_name, { ...subject, common_name: 'tf' });
    assert.equal(certificate.extensions.length, 4);
  });

  test('enterprise_project_id is all, 0, empty or a project of the account', async () => {
    const stored = async (enterprise_project_id: string) =>
      (await details(account, await issue(account, root, { enterprise_project_id }))).enterprise_project_id;
    assert.deepEqual([await stored('all'), await stored('0'), await stored('')], ['0', '0', '0']);
    assert.equal(await stored(knownProject), knownProject);
    for (const wrong of ['99999999-2222-3333-4444-555555555555', 'x']) {
      assertRefused(
        await send({ enterprise_project_id: wrong }),
        400,
        'PCA.00020001',
        /enterprise_project_id/,
      );
    }
  });

  test('the permission can be limited by the issuer, the common name and the project', async () => {
    await issue(account, root, { enterprise_project_id: knownProject });
    assert.deepEqual(
      bench.asked.filter(({ action }) => action === 'pca:ca:issueCert').slice(-2),
      // That of the certificate, and that of the CA whose key signs.
      [knownProject, '0'].map((project) => ({
        action: 'pca:ca:issueCert',
        resource: `pca:*:${account.accountId}:ca:${root}`,
        conditions: {
          'g:EnterpriseProjectId': project,
          'pca:CommonName': ['test.example.com'],
          'pca:SubjectNames': ['CN:test.example.com'],
        },
      })),
    );
    const denied = await account.without('pca:ca:issueCert').send('POST', path, certificateBody(root));
    assertRefused(denied, 401, 'PCA.00010004', /pca:ca:issueCert/);
  });

  test('who may issue in one enterprise project only does not issue by a CA of another', async () => {
    const inProject = { enterprise_project_id: knownProject };
    const member = account.without('pca:ca:issueCert@0');
    const body = { ...certificateBody(root), ...inProject };
    assertRefused(await member.send('POST', path, body), 401, 'PCA.00010004', /pca:ca:issueCert/);
    const ownRoot = await createRoot(account, 'EC256', inProject);
    await issue(member, ownRoot, inProject);
  });

  test('SM2: a pair of certificates, for signatures and for encryption', async () => {
    const issuer = await createRoot(account, 'SM2');
    const id = await issue(account, issuer, { extended_key_usage: { server_auth: true } });
    const exported = await exportedFields(account, id);
    const [signature, encryption] = [parsedPem(exported.certificate!), parsedPem(exported.enc_certificate!)];
    assert.deepEqual(signature.known.keyUsage, ['digitalSignature', 'nonRepudiation']);
    assert.deepEqual(encryption.known.keyUsage, ['keyEncipherment', 'dataEncipherment', 'keyAgreement']);
    assert.notDeepEqual(signature.spki, encryption.spki);
    assert.deepEqual(signature.subjectDer, encryption.subjectDer);
    const shown = await details(account, id);
    assert.equal(shown.serial_number, signature.serialNumber.toString());
    assert.deepEqual(shown.enc_cert_info, { enc_serial_number: encryption.serialNumber.toString(16) });
    assert.deepEqual([shown.key_algorithm, shown.signature_algorithm], ['SM2', 'SM3']);
    assertRefused(await send({ signature_algorithm: 'SHA256' }, issuer), 400, 'PCA.00020103', /SM3/);
  });

  test('the subordinate CA of a chain issues too, and the chain is complete', async () => {
    const subordinate = await create(account, subordinateBody(root));
    const id = await issue(account, subordinate);
    const { certificate, certificate_chain } = await exportedFields(account, id);
    const chain = certificate_chain!
      .split(/(?<=-----END CERTIFICATE-----\r\n)/)
      .map((pem) => new X509Certificate(pem));
    assert.equal(chain.length, 2);
    assert.ok(new X509Certificate(certificate!).verify(chain[0]!.publicKey));
    assert.ok(chain[0]!.verify(chain[1]!.publicKey));
    assert.equal((await details(account, id)).issuer_name, 'Test CA');
  });
});

test('the private certificate quota: when it is exceeded nothing is issued', async () => {
  const small = await openSqliteBench({ CERTIFICATE_AUTHORITY: 100, CERTIFICATE: 2 });
  const poor = small.account();
  const issuer = await createRoot(poor);
  const answers = await Promise.all(
    [1, 2, 3, 4, 5].map(() => poor.send('POST', path, certificateBody(issuer))),
  );
  const refused = answers.filter(({ status }) => status !== 200);
  assert.equal(refused.length, 3);
  for (const answer of refused) assertRefused(answer, 403, 'PCA.00030001', /2 of 2/);
  assert.equal(await countOf(poor), 2);
});
