import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sampleCsr } from '../../../test/support/sample-csr.ts';
import {
  extendedKeyUsageExtension,
  type KeyAlgorithm,
  type KeyUsage,
  keyUsageExtension,
  nameFromAttributes,
  oids,
  parsePublicKey,
  subjectAlternativeNameExtension,
} from '../../pki/index.ts';
import { assertRefused, path as caPath, post } from '../authorities/authorities.fixture.ts';
import type { AuthorityResponse } from '../authorities/authority-presentation.ts';
import { knownProject, testNowMs } from '../private-ca.fixture.ts';
import {
  certificateOf,
  countOf,
  createRoot,
  csrBody,
  csrOf,
  details,
  exportedFields,
  issueByCsr,
  newSigner,
  openSqliteBench,
  parsedPem,
  path,
  subordinateByCsr,
} from './certificates.fixture.ts';

const bench = await openSqliteBench();
const account = bench.account();
const root = await createRoot(account);
const csr = await csrOf();
const send = (changes: object, issuer = root) =>
  account.send('POST', `${path}/csr`, { ...csrBody(issuer, csr), ...changes });
const withUsages = (...usages: KeyUsage[]) => csrOf({ extensions: [keyUsageExtension(usages)] });
const subordinate = (changes: object = {}) => subordinateByCsr(account, root, csr, changes);

describe('createCertificateByCsr', () => {
  test('the response is 200 with the certificate_id', async () => {
    const answer = await account.send('POST', `${path}/csr`, csrBody(root, csr));
    assert.deepEqual([answer.status, Object.keys(answer.body)], [200, ['certificate_id']]);
  });

  test('issuer_id, csr and validity are mandatory', async () => {
    const { issuer_id, validity } = csrBody(root, csr);
    const posted = (body: object) => account.send('POST', `${path}/csr`, body);
    assertRefused(await posted({ csr, validity }), 400, 'PCA.00020201', /issuer_id/);
    assertRefused(await posted({ issuer_id, validity }), 400, 'PCA.00020401', /csr/);
    assertRefused(await posted({ issuer_id, csr }), 400, 'PCA.00020109', /validity/);
  });

  test('type is ENTITY_CERT (the default) or INTERMEDIATE_CA', async () => {
    const entity = await issueByCsr(account, root, csr, { type: 'ENTITY_CERT' });
    const byDefault = await issueByCsr(account, root, csr);
    for (const id of [entity, byDefault]) {
      assert.deepEqual((await certificateOf(account, id)).known.basicConstraints, {
        ca: false,
        pathLength: undefined,
      });
    }
    assertRefused(await send({ type: 'ROOT' }), 400, 'PCA.00020001', /type must be one of ENTITY_CERT/);
    assertRefused(await send({ type: 5 }), 400, 'PCA.00020001', /type/);
  });

  test('organization, algorithm and key come from the CSR and cannot be given through the API', async () => {
    const signer = await newSigner('EC384');
    const subject = nameFromAttributes({
      commonName: 'own name',
      country: 'DE',
      organization: 'Own',
      locality: 'L',
    });
    const id = await issueByCsr(account, root, await csrOf({ signer, subject }), {
      key_algorithm: 'RSA2048',
      distinguished_name: { common_name: 'other' },
    });
    const shown = await details(account, id);
    assert.deepEqual(shown.distinguished_name, {
      common_name: 'own name',
      country: 'DE',
      state: null,
      locality: 'L',
      organization: 'Own',
      organizational_unit: null,
    });
    assert.equal(shown.key_algorithm, 'EC384');
    assert.deepEqual((await certificateOf(account, id)).spki, signer.publicKeySpki);
  });

  test('newlines may be LF, CRLF or the characters \\n and \\r\\n; the CSR has at most 5120 characters', async () => {
    for (const newline of ['\n', '\r\n', '\\n', '\\r\\n']) {
      assert.equal((await send({ csr: csr.replaceAll('\n', newline) })).status, 200, JSON.stringify(newline));
    }
    assert.equal((await send({ csr: `${csr}${'\n'.repeat(5120 - csr.length)}` })).status, 200);
    assertRefused(await send({ csr: csr + '\n'.repeat(5121 - csr.length) }), 400, 'PCA.00020401', /5120/);
  });

  test('ENTITY_CERT: default key usage digitalSignature, keyAgreement; that of the CSR takes precedence', async () => {
    const usual = await certificateOf(account, await issueByCsr(account, root, csr));
    assert.deepEqual(usual.known.keyUsage, ['digitalSignature', 'keyAgreement']);
    const own = await issueByCsr(account, root, await withUsages('nonRepudiation', 'keyEncipherment'));
    assert.deepEqual((await certificateOf(account, own)).known.keyUsage, [
      'nonRepudiation',
      'keyEncipherment',
    ]);
  });

  test('ENTITY_CERT: the default key usage of keys that can only sign is digitalSignature', async () => {
    const id = await issueByCsr(account, root, await csrOf({ keyAlgorithm: 'ED25519' }));
    assert.deepEqual((await certificateOf(account, id)).known.keyUsage, ['digitalSignature']);
  });

  test('an e-mail address in the subject stands among the alternative names too, once', async () => {
    const subject = [
      [{ type: oids.commonName, value: 'Mail' }],
      [{ type: oids.emailAddress, value: 'ops@example.com' }],
      [{ type: oids.emailAddress, value: 'no address' }],
    ];
    const dns = { type: 'DNS', value: 'mail.example.com' } as const;
    const email = { type: 'EMAIL', value: 'ops@example.com' } as const;
    for (const [asked, names] of [
      [[], [email]],
      [[dns], [dns, email]],
      [
        [email, dns],
        [email, dns],
      ],
    ]) {
      const extensions = asked!.length > 0 ? [subjectAlternativeNameExtension(asked!)] : [];
      const id = await issueByCsr(account, root, await csrOf({ subject, extensions }));
      assert.deepEqual((await certificateOf(account, id)).known.subjectAlternativeNames, names);
    }
  });

  test('ENTITY_CERT: signature hash algorithm SHA384', async () => {
    const id = await issueByCsr(account, root, csr);
    assert.equal((await details(account, id)).signature_algorithm, 'SHA384');
    assert.equal((await certificateOf(account, id)).signatureAlgorithm?.name, 'SHA384withECDSA');
  });

  test('ENTITY_CERT: uses the private certificate quota and is in the list', async () => {
    const fresh = bench.account();
    const issuer = await createRoot(fresh);
    const id = await issueByCsr(fresh, issuer, csr);
    assert.equal(await countOf(fresh), 1);
    const list = await fresh.send<{ certificates: { certificate_id: string; gen_mode: string }[] }>(
      'GET',
      path,
    );
    assert.deepEqual(
      list.body.certificates.map((each) => [each.certificate_id, each.gen_mode]),
      [[id, 'CSR']],
    );
  });

  test('ENTITY_CERT: the key is not exported', async () => {
    const exported = await exportedFields(account, await issueByCsr(account, root, csr));
    assert.deepEqual(Object.keys(exported), ['certificate', 'certificate_chain']);
  });

  test('subject_alternative_names is ignored: names come from the CSR', async () => {
    const names = [{ type: 'DNS', value: 'device.example.test' }];
    const id = await issueByCsr(account, root, sampleCsr, {
      subject_alternative_names: [{ type: 'DNS', value: 'attacker.example' }, 'nonsense'],
    });
    assert.deepEqual((await certificateOf(account, id)).known.subjectAlternativeNames, names);
    const many = Array.from({ length: 21 }, () => ({ type: 'DNS', value: 'a.example' }));
    assertRefused(
      await send({ subject_alternative_names: many }),
      400,
      'PCA.00020001',
      /subject_alternative_names/,
    );
  });

  test('alternative names and purposes of the CSR are copied; the names are critical without a subject', async () => {
    const extensions = [
      subjectAlternativeNameExtension([
        { type: 'IP', value: '192.0.2.1' },
        { type: 'DNS', value: 'a.example' },
      ]),
      extendedKeyUsageExtension([oids.serverAuth, oids.clientAuth]),
    ];
    const certificate = await certificateOf(
      account,
      await issueByCsr(account, root, await csrOf({ extensions, subject: [] })),
    );
    assert.deepEqual(certificate.known.subjectAlternativeNames, [
      { type: 'IP', value: '192.0.2.1' },
      { type: 'DNS', value: 'a.example' },
    ]);
    assert.deepEqual(certificate.known.extendedKeyUsage, [oids.serverAuth, oids.clientAuth]);
    assert.equal(
      certificate.extensions.find(({ oid }) => oid === oids.subjectAlternativeName)?.critical,
      true,
    );
    assert.equal(certificate.subject.length, 0);
  });

  test('keys of every supported kind are certified', async () => {
    const kinds: KeyAlgorithm[] = ['RSA2048', 'RSA3072', 'EC256', 'EC384', 'EC521', 'ED25519'];
    for (const kind of kinds) {
      const id = await issueByCsr(account, root, await csrOf({ keyAlgorithm: kind }));
      assert.equal((await details(account, id)).key_algorithm, kind);
    }
  });

  test('path_length is valid only for INTERMEDIATE_CA: for ENTITY_CERT it changes nothing', async () => {
    const certificate = await certificateOf(
      account,
      await issueByCsr(account, root, csr, { path_length: 3 }),
    );
    assert.deepEqual(certificate.known.basicConstraints, { ca: false, pathLength: undefined });
  });

  test("the validity period is at most 20 years, cut at the issuer's end", async () => {
    const ends = [];
    ends.push(
      (
        await details(
          account,
          await issueByCsr(account, root, csr, { validity: { type: 'YEAR', value: 20 } }),
        )
      ).not_after,
    );
    ends.push((await subordinate({ validity: { type: 'YEAR', value: 20 } })).shown.not_after);
    assert.deepEqual(ends, [Date.UTC(2034, 2, 15, 10, 20, 30), Date.UTC(2034, 2, 15, 10, 20, 30)]);
    for (const type of ['ENTITY_CERT', 'INTERMEDIATE_CA']) {
      assertRefused(
        await send({ type, validity: { type: 'YEAR', value: 21 } }),
        400,
        'PCA.00020109',
        /20 years/,
      );
    }
  });

  test('validity: YEAR, MONTH of 31 days, DAY or HOUR, and start_from', async () => {
    const start_from = testNowMs + 86_400_000;
    const lengths = { YEAR: 365, MONTH: 31, DAY: 1, HOUR: 1 / 24 };
    for (const [type, days] of Object.entries(lengths)) {
      const id = await issueByCsr(account, root, csr, {
        validity: { type, value: 1, start_from: String(start_from) },
      });
      const shown = await details(account, id);
      assert.equal(shown.not_before, Math.floor(start_from / 1000) * 1000);
      assert.equal(shown.not_after - shown.not_before, days * 86_400_000, type);
    }
    const late = { type: 'DAY', value: 1, start_from: testNowMs - 300_000 };
    assertRefused(await send({ validity: late }), 400, 'PCA.00020109', /start_from/);
  });

  test('the issuing CA must exist and be ACTIVED', async () => {
    assertRefused(await send({}, '00000000-0000-0000-0000-000000000000'), 404, 'PCA.00030103');
    assertRefused(await send({}, await createRoot(bench.account())), 404, 'PCA.00030103');
    const disabled = await createRoot(account);
    await post(account, disabled, 'disable');
    assertRefused(await send({}, disabled), 403, 'PCA.00030201', /DISABLED/);
    assertRefused(await send({ type: 'INTERMEDIATE_CA' }, disabled), 403, 'PCA.00030201', /DISABLED/);
  });

  test('the permission can be limited by the common name in the CSR, under either name of the action', async () => {
    await issueByCsr(account, root, csr, { enterprise_project_id: knownProject });
    assert.deepEqual(
      bench.asked.filter(({ action }) => action === 'pca:ca:issueCertByCsr').slice(-2),
      // That of the certificate, and that of the CA whose key signs.
      [knownProject, '0'].map((project) => ({
        action: 'pca:ca:issueCertByCsr',
        resource: `pca:*:${account.accountId}:ca:${root}`,
        conditions: {
          'g:EnterpriseProjectId': project,
          'pca:CommonName': ['device.example.com'],
          'pca:SubjectNames': ['CN:device.example.com'],
        },
      })),
    );
    for (const action of ['pca:ca:issueCertByCsr', 'pca:ca:issueCertThroughCSR']) {
      const answer = await account.without(action).send('POST', `${path}/csr`, csrBody(root, csr));
      assertRefused(answer, 401, 'PCA.00010004');
    }
  });

  test('who may issue in one enterprise project only does not issue by a CA of another', async () => {
    const member = account.without('pca:ca:issueCertByCsr@0');
    for (const type of ['ENTITY_CERT', 'INTERMEDIATE_CA']) {
      const body = { ...csrBody(root, csr), type, enterprise_project_id: knownProject };
      assertRefused(await member.send('POST', `${path}/csr`, body), 401, 'PCA.00010004');
    }
  });

  test('enterprise_project_id must be all, 0, empty or a project of the account', async () => {
    const id = await issueByCsr(account, root, csr, { enterprise_project_id: knownProject });
    assert.equal((await details(account, id)).enterprise_project_id, knownProject);
    assert.equal((await subordinate({ enterprise_project_id: 'all' })).shown.enterprise_project_id, '0');
    for (const wrong of ['99999999-2222-3333-4444-555555555555', 'x']) {
      assertRefused(
        await send({ enterprise_project_id: wrong }),
        400,
        'PCA.00020001',
        /enterprise_project_id/,
      );
    }
  });

  test('SM2: signed with SM3; the key of the encryption certificate is generated here', async () => {
    const issuer = await createRoot(account, 'SM2');
    const sm2Csr = await csrOf({ keyAlgorithm: 'SM2' });
    const id = await issueByCsr(account, issuer, sm2Csr);
    const shown = await details(account, id);
    assert.deepEqual([shown.key_algorithm, shown.signature_algorithm, shown.gen_mode], ['SM2', 'SM3', 'CSR']);
    const exported = await exportedFields(account, id);
    const encryption = parsedPem(exported.enc_certificate!);
    assert.deepEqual(shown.enc_cert_info, { enc_serial_number: encryption.serialNumber.toString(16) });
    assert.equal(parsePublicKey(encryption.spki).algorithm, 'SM2');
    const authority = await issueByCsr(account, issuer, sm2Csr, { type: 'INTERMEDIATE_CA' });
    const answer = await account.send<AuthorityResponse>('GET', `${caPath}/${authority}`);
    assert.deepEqual([answer.body.key_algorithm, answer.body.signature_algorithm], ['SM2', 'SM3']);
    assertRefused(await send({ csr: sm2Csr }), 400, 'PCA.00020401', /SM2/);
  });
});
