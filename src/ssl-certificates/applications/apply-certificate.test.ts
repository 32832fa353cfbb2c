import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { InjectedAccount } from '../../../test/support/injected-accounts.ts';
import {
  attributesOfName,
  buildCsr,
  encodePem,
  generateKeyPair,
  nameFromAttributes,
  parseCsr,
  samePublicKey,
  signatureAlgorithmFor,
  signerFromPkcs8,
  subjectAlternativeNameExtension,
} from '../../pki/index.ts';
import type { SslCertificate } from '../certificates/certificate-store.ts';
import { keyOwner } from '../csrs/certification-request.ts';
import { openSqliteBench } from '../ssl-certificates.fixture.ts';
import { findApplication } from './application-store.ts';
import { application, buy, certificatePath, createWorld, seen } from './applications.fixture.ts';
import { listValidations } from './validation-store.ts';

const world = await createWorld();
const bench = await openSqliteBench(world.outside);
beforeEach(() => world.reset());

const multi = { domain_type: 'MULTI_DOMAIN', domain_count: 4, wildcard_count: 1 } as const;
const ov = { type: 'OV_SSL_CERT' } as const;

interface Applied {
  readonly account: InjectedAccount;
  readonly id: string;
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string;
}

async function apply(body: object = {}, bought: Partial<SslCertificate> = {}): Promise<Applied> {
  const account = bench.account();
  const id = await buy(bench.database, account.accountId, bought);
  const answer = await account.send('POST', `${certificatePath(id)}/apply`, { ...application, ...body });
  const { error_code: code, error_msg: message } = answer.body;
  return { account, id, status: answer.status, code, message };
}

async function accepted(body: object = {}, bought: Partial<SslCertificate> = {}) {
  const { account, id, status, message } = await apply(body, bought);
  assert.equal(status, 200, message);
  return { certificate: await seen(bench, account.accountId, id), account, id };
}

async function refused(code: string, body: object, bought: Partial<SslCertificate> = {}): Promise<string> {
  const { account, id, status, ...answer } = await apply(body, bought);
  assert.deepEqual([status, answer.code], [code === 'SCM.0087' ? 500 : 400, code], answer.message);
  const certificate = await seen(bench, account.accountId, id);
  assert.deepEqual([certificate.status, certificate.version], ['PAID', 1]);
  assert.equal(await findApplication(bench.database, id), undefined);
  return answer.message;
}

async function csrFor(commonName: string | undefined, ...names: string[]) {
  const { privateKeyPkcs8 } = await generateKeyPair('EC256');
  const der = await buildCsr({
    subject: nameFromAttributes({ commonName }),
    signer: signerFromPkcs8(privateKeyPkcs8),
    signatureAlgorithm: signatureAlgorithmFor('EC256'),
    extensions: names.length
      ? [subjectAlternativeNameExtension(names.map((value) => ({ type: 'DNS', value })))]
      : [],
  });
  return { der, pem: encodePem('CERTIFICATE REQUEST', der) };
}

describe('fields of applyCertificate', () => {
  test("the reference's example: 200 with request_info success", async () => {
    const account = bench.account();
    const id = await buy(bench.database, account.accountId);
    const answer = await account.send<object>('POST', `${certificatePath(id)}/apply`, application);
    assert.deepEqual([answer.status, answer.body], [200, { request_info: 'success' }]);
  });

  for (const field of [
    'domain',
    'applicant_name',
    'applicant_phone',
    'applicant_email',
    'agree_privacy_protection',
    'domain_method',
  ] as const) {
    test(`${field} is mandatory and not empty (SCM.0005)`, async () => {
      assert.match(await refused('SCM.0005', { [field]: undefined }), new RegExp(field));
      if (field !== 'agree_privacy_protection')
        assert.match(await refused('SCM.0005', { [field]: '' }), new RegExp(field));
    });
  }

  test('everything else is optional for a DV certificate', async () => {
    const { domain, applicant_name, applicant_phone, applicant_email } = application;
    const account = bench.account();
    const id = await buy(bench.database, account.accountId);
    const body = { domain, applicant_name, applicant_phone, applicant_email };
    const rest = { agree_privacy_protection: true, domain_method: 'DNS' };
    const answer = await account.send('POST', `${certificatePath(id)}/apply`, { ...body, ...rest });
    assert.equal(answer.status, 200);
  });

  test('agree_privacy_protection must be true (SCM.0005)', async () => {
    assert.match(await refused('SCM.0005', { agree_privacy_protection: false }), /agree_privacy_protection/);
  });

  for (const field of ['company_name', 'company_province', 'company_city', 'country']) {
    test(`${field} is mandatory for OV and EV (SCM.0005)`, async () => {
      for (const type of ['OV_SSL_CERT', 'OV_SSL_CERT_PRO', 'EV_SSL_CERT', 'EV_SSL_CERT_PRO'])
        assert.match(await refused('SCM.0005', { [field]: '' }, { type }), new RegExp(field));
      for (const type of ['DV_SSL_CERT', 'DV_SSL_CERT_BASIC']) await accepted({ [field]: '' }, { type });
    });
  }

  test('country must match [A-Za-z]{2} (SCM.0005)', async () => {
    for (const country of ['C', 'CHN', 'C1'])
      assert.match(await refused('SCM.0005', { country }, ov), /country/);
    await accepted({ country: 'cn' }, ov);
    assert.equal(world.requests.at(-1)?.organization?.country, 'CN');
  });

  test('applicant_name has 1 to 100 letters of any script, digits and _-.,()[] (SCM.0005)', async () => {
    for (const applicant_name of ['x', '张三', 'Jean-Luc (IT), [R&D]'.replace('&', 'a'), 'a'.repeat(100)])
      await accepted({ applicant_name });
    for (const applicant_name of ['a'.repeat(101), 'a;b', 'a<b>'])
      assert.match(await refused('SCM.0005', { applicant_name }), /applicant_name/);
  });

  test('mail addresses must be some (SCM.0005)', async () => {
    assert.match(await refused('SCM.0005', { applicant_email: 'nobody' }), /applicant_email/);
    assert.match(await refused('SCM.0005', { contact_email: 'a@b@c' }), /contact_email/);
  });

  test('domain_method is DNS, FILE or EMAIL in any case (SCM.0005)', async () => {
    for (const domain_method of ['DNS', 'dns', 'Dns']) {
      const { id } = await accepted({ domain_method });
      assert.equal((await findApplication(bench.database, id))?.method, 'DNS');
    }
    assert.match(await refused('SCM.0005', { domain_method: 'HTTP' }), /domain_method/);
  });

  test('ca_hash_algorithm is DEFAULT or SHA-256, and DEFAULT if absent (SCM.0005)', async () => {
    await accepted({ ca_hash_algorithm: 'SHA-256' }, ov);
    assert.equal(world.requests.at(-1)?.hashAlgorithm, 'SHA-256');
    await accepted({ ca_hash_algorithm: '' }, ov);
    assert.equal(world.requests.at(-1)?.hashAlgorithm, 'DEFAULT');
    assert.match(await refused('SCM.0005', { ca_hash_algorithm: 'MD5' }), /ca_hash_algorithm/);
  });

  test('an unknown field is ignored, a wrong type is not (SCM.0005)', async () => {
    await accepted({ other: 1 });
    assert.match(await refused('SCM.0005', { auto_dns_auth: 'false' }), /auto_dns_auth/);
  });
});

describe('names of an application', () => {
  test('SINGLE_DOMAIN: one name, which is no wildcard (SCM.0015)', async () => {
    await refused('SCM.0015', { domain: '*.test.com' });
    const { certificate } = await accepted({ domain: 'WWW.Test.com.' });
    assert.deepEqual([certificate.domain, certificate.sans], ['www.test.com', '']);
  });

  test('WILDCARD: one wildcard name (SCM.0015)', async () => {
    const wildcard = { domain_type: 'WILDCARD', wildcard_count: 1 } as const;
    await refused('SCM.0015', { domain: 'www.test.com' }, wildcard);
    const { certificate } = await accepted({ domain: '*.test.com' }, wildcard);
    assert.equal(certificate.domain, '*.test.com');
  });

  test('sans is only for MULTI_DOMAIN (SCM.0036)', async () => {
    assert.match(await refused('SCM.0036', { sans: 'a.test.com' }), /sans/);
    await refused('SCM.0036', { domain: '*.test.com', sans: 'test.com' }, { domain_type: 'WILDCARD' });
    const sans = 'a.test.com; B.test.com;*.test.com;';
    const { certificate } = await accepted({ sans }, multi);
    assert.equal(certificate.sans, 'a.test.com;b.test.com;*.test.com');
  });

  test('the number of names fits what was bought, single and wildcard names each (SCM.0036)', async () => {
    await accepted({ sans: '' }, multi);
    await refused('SCM.0036', { sans: 'a.test.com;b.test.com;c.test.com' }, multi);
    await refused('SCM.0036', { sans: '*.test.com;*.a.test.com' }, multi);
    await refused('SCM.0036', { sans: 'a.b.com;c.b.com;d.b.com;*.b.com' }, multi);
  });

  test('the primary name is of the kind that was bought (SCM.0015)', async () => {
    await refused('SCM.0015', { domain: '*.test.com' }, { ...multi, primary_domain_type: 'SINGLE_DOMAIN' });
    await refused('SCM.0015', {}, { ...multi, primary_domain_type: 'WILDCARD_DOMAIN' });
    await accepted({ domain: '*.test.com' }, { ...multi, primary_domain_type: 'WILDCARD_DOMAIN' });
  });

  test('a name twice, however it is written: SCM.0063', async () => {
    await refused('SCM.0063', { sans: 'WWW.TEST.COM' }, multi);
    await refused('SCM.0063', { sans: 'a.test.com;A.test.com.' }, multi);
  });

  test('what is no name of a host: SCM.0108', async () => {
    for (const domain of [
      'localhost',
      'a..com',
      '-a.com',
      'a_b.com',
      'a b.com',
      'www.*.com',
      '*.com',
      'http://test.com',
      '1.2.3.256',
      `${'a'.repeat(64)}.com`,
      'xn--a.com',
      'ab--c.com',
    ])
      assert.match(await refused('SCM.0108', { domain }), /domain/);
    assert.match(await refused('SCM.0108', { sans: 'a.test.com;x' }, multi), /sans/);
  });

  test('names of other scripts become A-labels', async () => {
    const { certificate } = await accepted({ domain: 'Bücher.例子.com' });
    assert.equal(certificate.domain, 'xn--bcher-kva.xn--fsqu00a.com');
  });

  test('IP certificates are verified by FILE only, and FILE is for them only (SCM.0005)', async () => {
    for (const domain_method of ['DNS', 'EMAIL'])
      await refused('SCM.0005', { domain: '192.0.2.1', domain_method }, ov);
    await refused('SCM.0005', { domain_method: 'FILE' }, ov);
    await accepted({ domain: '192.0.2.1', domain_method: 'File' });
    const { certificate } = await accepted({ domain: '2001:DB8:0::1', domain_method: 'FILE' });
    assert.equal(certificate.domain, '2001:db8::1');
  });

  test('an IP address is public, and the only name (SCM.0108, SCM.0015)', async () => {
    await refused('SCM.0108', { domain: '10.0.0.1', domain_method: 'FILE' });
    await refused('SCM.0015', { domain: '192.0.2.1', domain_method: 'FILE' }, multi);
  });
});

describe('verification', () => {
  test('DV and basic DV certificates are verified by DNS (SCM.0005)', async () => {
    for (const type of ['DV_SSL_CERT', 'DV_SSL_CERT_BASIC'])
      await refused('SCM.0005', { domain_method: 'EMAIL' }, { type });
    await accepted({ domain_method: 'Email' }, ov);
  });

  test('a method that the issuer does not have (SCM.0005)', async () => {
    world.settings.methods = ['DNS'];
    assert.match(await refused('SCM.0005', { domain_method: 'EMAIL' }, ov), /one of DNS/);
  });

  test('after the application there are records, one for each name', async () => {
    const { id, certificate } = await accepted({ sans: 'a.test.com;*.test.com' }, multi);
    assert.equal(certificate.status, 'CHECKING_DOMAIN');
    const records = await listValidations(bench.database, id);
    assert.deepEqual(
      records.map(({ domain, record_name, record_type }) => [domain, record_name, record_type]),
      [
        ['www.test.com', '_dnsauth.www.test.com', 'TXT'],
        ['a.test.com', '_dnsauth.a.test.com', 'TXT'],
        ['*.test.com', '_dnsauth.test.com', 'TXT'],
      ],
    );
  });

  test('auto_dns_auth true writes the records, false and absent do not', async () => {
    for (const auto_dns_auth of [false, undefined]) {
      await accepted({ auto_dns_auth });
      await bench.jobs.runDue();
    }
    assert.ok(!world.effects.includes('publish www.test.com'));
    await accepted({ auto_dns_auth: true });
    await bench.jobs.runDue();
    assert.ok(world.effects.includes('publish www.test.com'));
  });

  test('what is not in a zone of ours is not written', async () => {
    world.settings.canPublish = false;
    await accepted({ auto_dns_auth: true });
    await bench.jobs.runDue();
    assert.ok(!world.effects.includes('publish www.test.com'));
  });
});

describe('keys and CSRs', () => {
  test('without csr the service generates key and CSR; key_algorithm defaults to RSA_2048', async () => {
    for (const [key_algorithm, algorithm] of [
      ['', 'RSA2048'],
      ['RSA_3072', 'RSA3072'],
      ['EC_P256', 'EC256'],
      ['EC_P384', 'EC384'],
      ['SM2', 'SM2'],
    ]) {
      const { id, account } = await accepted({ key_algorithm, sans: 'a.test.com' }, { ...multi, ...ov });
      const stored = await findApplication(bench.database, id);
      const csr = parseCsr(stored!.csr_der);
      assert.deepEqual([stored?.key_algorithm, csr.publicKey.algorithm], [algorithm, algorithm]);
      assert.equal(await csr.verify(), true);
      assert.deepEqual(
        csr.known.subjectAlternativeNames?.map((name) => 'value' in name && name.value),
        ['www.test.com', 'a.test.com'],
      );
      const { commonName, organization, organizationalUnit } = attributesOfName(csr.subject);
      assert.deepEqual([commonName, organization, organizationalUnit], ['www.test.com', 'Company XX', 'IT']);
      const signer = await bench.keyStore.signer(keyOwner(account.accountId), stored!.key_id!);
      assert.ok(samePublicKey(signer.publicKeySpki, csr.spki));
    }
  });

  test('a DV certificate names no company, whatever is sent', async () => {
    const { id } = await accepted();
    const csr = parseCsr((await findApplication(bench.database, id))!.csr_der);
    assert.equal(attributesOfName(csr.subject).organization, undefined);
    assert.equal(world.requests.at(-1)?.organization, undefined);
  });

  test('key_algorithm is one of the six (SCM.0005)', async () => {
    for (const key_algorithm of ['RSA_1024', 'RSA2048', 'ED25519'])
      assert.match(await refused('SCM.0005', { key_algorithm }), /key_algorithm/);
  });

  test("the applicant's own CSR: its key is certified and stays where it is", async () => {
    const { der, pem } = await csrFor('www.test.com');
    const { id } = await accepted({ csr: pem, key_algorithm: 'RSA_4096' });
    const stored = await findApplication(bench.database, id);
    assert.deepEqual([stored?.key_id, stored?.key_algorithm], [null, 'EC256']);
    assert.deepEqual(Buffer.from(stored!.csr_der), Buffer.from(der));
  });

  test('a CSR that names no host: SCM.0033', async () => {
    await refused('SCM.0033', { csr: (await csrFor('Company XX')).pem });
    await refused('SCM.0033', { csr: (await csrFor(undefined)).pem });
  });

  test('a CSR that cannot be read, or proves nothing: SCM.0034', async () => {
    const { der } = await csrFor('www.test.com');
    const forged = Buffer.from(der);
    forged[forged.indexOf('www')]! ^= 1;
    for (const csr of ['x', encodePem('CERTIFICATE REQUEST', forged), encodePem('CERTIFICATE', der)])
      await refused('SCM.0034', { csr });
  });

  test('a CSR for other names: SCM.0035', async () => {
    await refused('SCM.0035', { csr: (await csrFor('other.test.com')).pem });
    await refused('SCM.0035', { csr: (await csrFor('*.test.com')).pem });
    // Its domain is not in what would be issued.
    await refused('SCM.0035', { csr: (await csrFor('other.test.com', 'www.test.com')).pem });
    const { pem } = await csrFor('a.test.com', 'a.test.com', 'WWW.test.com');
    await accepted({ csr: pem, sans: 'a.test.com' }, multi);
  });
});

describe('the issuer and the certificate', () => {
  test('what the issuer refuses at once changes nothing: 500 SCM.0087', async () => {
    world.settings.refusal = 'This name is not for sale.';
    assert.match(await refused('SCM.0087', {}), /This name is not for sale/);
  });

  test('an issuer that cannot be asked is asked later: CHECKING', async () => {
    world.down.add('begin');
    const { certificate, account, id } = await accepted();
    assert.equal(certificate.status, 'CHECKING');
    world.down.clear();
    bench.clock.advance(10_000);
    await bench.jobs.runDue();
    assert.equal((await seen(bench, account.accountId, id)).status, 'CHECKING_DOMAIN');
  });

  test("an unknown id, or another account's: 404 SCM.0094", async () => {
    const account = bench.account();
    const id = await buy(bench.database, bench.account().accountId);
    for (const other of [id, 'scs0000000000000']) {
      for (const [operation, body] of [
        ['apply', application],
        ['cancel-cert', undefined],
        ['review', { decision: 'approve' }],
        ['revoke', { reason: 'SUPERSEDED' }],
      ] as const) {
        const answer = await account.send('POST', `${certificatePath(other)}/${operation}`, body);
        assert.deepEqual([answer.status, answer.body.error_code], [404, 'SCM.0094']);
      }
    }
  });

  test('needs scm:cert:apply, or its other name: 403 SCM.1019', async () => {
    const account = bench.account();
    const id = await buy(bench.database, account.accountId);
    for (const action of ['scm:cert:apply', 'scm:cert:complete', 'scm:cert:apply@0']) {
      const answer = await account.without(action).send('POST', `${certificatePath(id)}/apply`, application);
      assert.deepEqual([answer.status, answer.body.error_code], [403, 'SCM.1019']);
    }
  });

  test('of two applications at the same time one is refused: SCM.0010', async () => {
    const account = bench.account();
    const id = await buy(bench.database, account.accountId);
    const send = () => account.send('POST', `${certificatePath(id)}/apply`, application);
    const answers = await Promise.all([send(), send()]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400]);
    assert.ok(answers.some(({ body }) => body.error_code === 'SCM.0010'));
    const { count } = await bench.database
      .tables<{ kms_private_keys: { account_id: string } }>()
      .selectFrom('kms_private_keys')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('account_id', '=', account.accountId)
      .executeTakeFirstOrThrow();
    assert.equal(count, 1);
  });
});
