import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { type Asked, createIdentityDouble } from '../../../test/support/identity-double.ts';
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
import { keyOwner } from '../csrs/certification-request.ts';
import { openSqliteBench } from '../ssl-certificates.fixture.ts';
import { findApplication } from './application-store.ts';
import { application, buy, certificatePath, seen } from './applications.fixture.ts';
import { openApplying } from './applying.fixture.ts';
import { listValidations } from './validation-store.ts';

const { world, bench, accepted, refused } = await openApplying();
beforeEach(() => world.reset());

const multi = { domain_type: 'MULTI_DOMAIN', domain_count: 4, wildcard_count: 1 } as const;
const ov = { type: 'OV_SSL_CERT' } as const;

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

  test('a CSR that was made here, with its key: the certificate has a copy, which outlives the CSR', async () => {
    const account = bench.account();
    const id = await buy(bench.database, account.accountId);
    const { body: csr } = await account.send<{ id: string }>('POST', '/v3/scm/csr', {
      name: 'made-here',
      domain_name: 'www.test.com',
      private_key_algo: 'EC_P256',
      usage: 'PERSONAL',
    });
    const { body: made } = await account.send<{ csr: string }>('GET', `/v3/scm/csr/${csr.id}`);
    const answer = await account.send('POST', `${certificatePath(id)}/apply`, {
      ...application,
      csr: made.csr,
    });
    assert.equal(answer.status, 200);
    const narrow = await buy(bench.database, account.accountId);
    const byOther = await account
      .without('scm::getCsrPrivateKey')
      .send('POST', `${certificatePath(narrow)}/apply`, { ...application, csr: made.csr });
    assert.equal(byOther.status, 200);
    // Nor has the certificate a key that this user could export.
    assert.equal((await findApplication(bench.database, narrow))?.key_id, null);
    assert.equal((await account.send('DELETE', `/v3/scm/csr/${csr.id}`)).status, 204);
    const stored = await findApplication(bench.database, id);
    const signer = await bench.keyStore.signer(keyOwner(account.accountId), stored!.key_id!);
    assert.ok(samePublicKey(signer.publicKeySpki, parseCsr(stored!.csr_der).spki));
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

  test('the permission can be limited by the names that are applied for', async () => {
    const asked: Asked[] = [];
    const own = await openSqliteBench({ ...world.outside, identity: createIdentityDouble(asked) });
    const account = own.account();
    const id = await buy(own.database, account.accountId, multi);
    const latest = () =>
      asked.findLast(({ action }) => action === 'scm:cert:apply')?.conditions as Record<string, unknown>;
    const body = { ...application, sans: 'a.test.com;*.test.com' };
    assert.equal((await account.send('POST', `${certificatePath(id)}/apply`, body)).status, 200);
    const names = ['DNS:www.test.com', 'DNS:a.test.com', 'DNS:*.test.com'];
    assert.deepEqual(latest()['scm:SubjectNames'], names);
    asked.length = 0;
    await account.send('POST', `${certificatePath(id)}/application/check`);
    assert.deepEqual(latest()['scm:SubjectNames'], names);
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
