import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { findApplication } from './application-store.ts';
import { application, buy, certificatePath } from './applications.fixture.ts';
import { openApplying } from './applying.fixture.ts';

const { world, bench, accepted, refused } = await openApplying();
beforeEach(() => world.reset());

const multi = { domain_type: 'MULTI_DOMAIN', domain_count: 4, wildcard_count: 1 } as const;
const ov = { type: 'OV_SSL_CERT' } as const;

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

  const longest = {
    domain: 255,
    sans: 4_096,
    csr: 5_120,
    ...{ company_name: 63, company_unit: 63, company_province: 63, company_city: 63, contact_name: 63 },
    ...{ applicant_phone: 63, contact_phone: 63, applicant_email: 256, contact_email: 256 },
  };
  for (const [field, length] of Object.entries(longest)) {
    test(`${field} has at most ${length} characters (SCM.0005)`, async () => {
      const padded = (characters: number) =>
        field.endsWith('email') ? `${'a'.repeat(characters - 7)}@b.test` : 'a'.repeat(characters);
      const message = new RegExp(`${field} must not have more than ${length} characters`);
      assert.match(await refused('SCM.0005', { [field]: padded(length + 1) }, ov), message);
      // What is in these is judged beyond its length, under other codes.
      if (field === 'domain') await refused('SCM.0108', { domain: padded(length) });
      else if (field === 'csr') await refused('SCM.0034', { csr: padded(length) });
      else if (field === 'sans') await refused('SCM.0108', { sans: padded(length) }, multi);
      else await accepted({ [field]: padded(length) }, ov);
    });
  }

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
