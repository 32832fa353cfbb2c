import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sampleCsr } from '../../../test/support/sample-csr.ts';
import {
  attributesOfName,
  buildCsr,
  type CertificationRequest,
  encodePem,
  encryptPkcs8,
  generateKeyPair,
  type KeyAlgorithm,
  nameFromAttributes,
  parseCsr,
  parseSinglePem,
  publicKeyOfPkcs8,
  samePublicKey,
  signatureAlgorithmFor,
  signerFromPkcs8,
} from '../../pki/index.ts';
import { systemRandom } from '../../platform/random.ts';
import { openSqliteBench } from '../ssl-certificates.fixture.ts';

const bench = await openSqliteBench();

interface Csr {
  readonly id: string;
  readonly csr: string;
  readonly name: string;
  readonly domain_name: string;
  readonly sans: string | null;
  readonly private_key_algo: string;
  readonly usage: string;
  readonly company_name: string | null;
  readonly create_time: number;
  readonly update_time: number | null;
}

const personal = {
  name: 'web',
  domain_name: 'www.example.com',
  private_key_algo: 'EC_P256',
  usage: 'PERSONAL',
};
const company = {
  company_country: 'cn',
  company_province: 'Sichuan',
  company_city: 'Chengdu',
  company_name: 'Company XX',
};
const path = '/v3/scm/csr';

const pkcs8Of = (pem: string) => parseSinglePem(pem, 'PRIVATE KEY');
const requestIn = (pem: string): CertificationRequest => parseCsr(parseSinglePem(pem, 'CERTIFICATE REQUEST'));

async function madeOutside(
  commonName: string | undefined,
  algorithm: KeyAlgorithm = 'EC256',
): Promise<{ csr: string; pkcs8: Uint8Array }> {
  const { privateKeyPkcs8 } = await generateKeyPair(algorithm);
  const csrDer = await buildCsr({
    subject: nameFromAttributes({ commonName, organization: 'Company XX' }),
    signer: signerFromPkcs8(privateKeyPkcs8),
    signatureAlgorithm: signatureAlgorithmFor(algorithm),
  });
  return { csr: encodePem('CERTIFICATE REQUEST', csrDer), pkcs8: privateKeyPkcs8 };
}

const keyPem = (pkcs8: Uint8Array) => encodePem('PRIVATE KEY', pkcs8);

describe('createCsr', () => {
  for (const field of ['name', 'domain_name', 'private_key_algo', 'usage'] as const) {
    test(`${field} is mandatory (SCM.0005)`, async () => {
      const { [field]: _, ...body } = personal;
      const answer = await bench.account().send('POST', path, body);
      assert.deepEqual([answer.status, answer.body.error_code], [400, 'SCM.0005']);
      assert.match(answer.body.error_msg, new RegExp(field));
    });
  }

  for (const field of Object.keys(company)) {
    test(`usage ENTERPRISE makes ${field} mandatory`, async () => {
      const body = { ...personal, ...company, usage: 'ENTERPRISE', [field]: '' };
      const answer = await bench.account().send('POST', path, body);
      assert.deepEqual([answer.status, answer.body.error_code], [400, 'SCM.0005']);
      assert.match(answer.body.error_msg, new RegExp(field));
    });
  }

  test('a country that is not two letters, and an algorithm that is none: SCM.0005', async () => {
    for (const wrong of [
      { company_country: 'China' },
      { private_key_algo: 'RSA_1024' },
      { usage: 'OTHER' },
    ]) {
      const answer = await bench.account().send('POST', path, { ...personal, ...wrong });
      assert.deepEqual([answer.status, answer.body.error_code], [400, 'SCM.0005']);
    }
  });

  test('name, names and company have lengths: SCM.0005', async () => {
    const longest = { name: 63, domain_name: 63, sans: 255, company_name: 255, company_province: 255 };
    for (const [field, length] of Object.entries(longest)) {
      const answer = await bench
        .account()
        .send('POST', path, { ...personal, [field]: 'a'.repeat(length + 1) });
      assert.deepEqual([answer.status, answer.body.error_code], [400, 'SCM.0005']);
      assert.match(
        answer.body.error_msg,
        new RegExp(`${field} must not have more than ${length} characters`),
      );
    }
    const longNamed = { ...personal, name: 'n'.repeat(63) };
    assert.equal((await bench.account().send('POST', path, longNamed)).status, 201);
  });

  test('a name that is no name of a host: SCM.0108', async () => {
    for (const wrong of [
      { domain_name: 'localhost' },
      { domain_name: 'a b.com' },
      { sans: 'x.com;_y.com' },
    ]) {
      const answer = await bench.account().send('POST', path, { ...personal, ...wrong });
      assert.deepEqual([answer.status, answer.body.error_code], [400, 'SCM.0108']);
    }
  });

  test('a name twice, however it is written: SCM.0063', async () => {
    const answer = await bench.account().send('POST', path, { ...personal, sans: 'WWW.Example.com.' });
    assert.deepEqual([answer.status, answer.body.error_code], [400, 'SCM.0063']);
  });

  for (const [algorithm, key] of [
    ['RSA_2048', 'RSA2048'],
    ['EC_P384', 'EC384'],
    ['SM2', 'SM2'],
  ] as const) {
    test(`201: the service generates and keeps the private key (${algorithm})`, async () => {
      const account = bench.account();
      const body = { ...personal, ...company, usage: 'ENTERPRISE', private_key_algo: algorithm };
      const created = await account.send<Csr>('POST', path, { ...body, sans: '*.example.com;例子.测试' });
      assert.equal(created.status, 201);
      assert.match(created.body.id, /^[0-9a-f]{32}$/);
      const request = requestIn(created.body.csr);
      assert.equal(await request.verify(), true);
      assert.equal(request.publicKey.algorithm, key);
      assert.deepEqual(
        request.known.subjectAlternativeNames?.map((name) => 'value' in name && name.value),
        ['www.example.com', '*.example.com', 'xn--fsqu00a.xn--0zwm56d'],
      );
      assert.deepEqual(attributesOfName(request.subject), {
        commonName: 'www.example.com',
        country: 'CN',
        state: 'Sichuan',
        locality: 'Chengdu',
        organization: 'Company XX',
        organizationalUnit: undefined,
      });
      const exported = await account.send<{ private_key: string }>(
        'GET',
        `${path}/${created.body.id}/private-key`,
      );
      assert.ok(samePublicKey(publicKeyOfPkcs8(pkcs8Of(exported.body.private_key)), request.spki));
    });
  }

  test('names are shown as they were sent, times in milliseconds', async () => {
    const account = bench.account();
    const body = { ...personal, domain_name: 'WWW.Example.com', sans: '' };
    const { body: created } = await account.send<Csr>('POST', path, body);
    assert.equal(created.domain_name, 'WWW.Example.com');
    assert.deepEqual([created.sans, created.company_name, created.update_time], [null, null, null]);
    assert.equal(created.create_time, bench.clock.nowMs());
    assert.deepEqual((await account.send<Csr>('GET', `${path}/${created.id}`)).body, created);
  });
});

describe('uploadCsr', () => {
  test('200 with id, name and time; private_key is optional', async () => {
    const account = bench.account();
    const uploaded = await account.send<Csr>('POST', `${path}/upload`, { name: 'mine', csr: sampleCsr });
    assert.equal(uploaded.status, 200);
    assert.deepEqual(Object.keys(uploaded.body), ['id', 'name', 'create_time']);
    const { body: csr } = await account.send<Csr>('GET', `${path}/${uploaded.body.id}`);
    assert.equal(csr.csr, sampleCsr);
    assert.equal(csr.domain_name, 'device.example.test');
    assert.deepEqual(
      [csr.private_key_algo, csr.usage, csr.company_name],
      ['EC_P256', 'ENTERPRISE', 'Example'],
    );
  });

  test('private_key is read as an imported one is: line breaks as two characters too', async () => {
    const { csr, pkcs8 } = await madeOutside('www.example.com');
    const { status } = await bench.account().send('POST', `${path}/upload`, {
      name: 'mine',
      csr,
      private_key: keyPem(pkcs8).replaceAll('\n', '\\n'),
    });
    assert.equal(status, 200);
  });

  test('private_key must belong to the CSR', async () => {
    const account = bench.account();
    const { csr, pkcs8 } = await madeOutside('www.example.com');
    const send = (key: string) =>
      account.send<Csr & { error_code: string }>('POST', `${path}/upload`, {
        name: 'mine',
        csr,
        private_key: key,
      });
    const uploaded = await send(keyPem(pkcs8));
    assert.equal(uploaded.status, 200);
    const exported = await account.send<{ private_key: string }>(
      'GET',
      `${path}/${uploaded.body.id}/private-key`,
    );
    assert.equal(exported.body.private_key, keyPem(pkcs8));
    const other = await madeOutside('www.example.com');
    const encrypted = await encryptPkcs8(pkcs8, 'password', systemRandom.bytes);
    for (const wrong of [keyPem(other.pkcs8), encodePem('ENCRYPTED PRIVATE KEY', encrypted), 'no key']) {
      const refused = await send(wrong);
      assert.deepEqual([refused.status, refused.body.error_code], [400, 'SCM.0005']);
    }
  });

  test('name, CSR and key have lengths: SCM.0005', async () => {
    for (const [field, length] of Object.entries({ name: 63, csr: 5_120, private_key: 4_096 })) {
      const body = { name: 'own', csr: 'x', [field]: 'a'.repeat(length + 1) };
      const answer = await bench.account().send('POST', `${path}/upload`, body);
      assert.deepEqual([answer.status, answer.body.error_code], [400, 'SCM.0005']);
      assert.match(
        answer.body.error_msg,
        new RegExp(`${field} must not have more than ${length} characters`),
      );
    }
  });

  test('what is not a CSR, or proves nothing, or has a key of another kind: SCM.0034', async () => {
    const forged = parseSinglePem(sampleCsr, 'CERTIFICATE REQUEST').slice();
    forged[forged.indexOf(0x64, 20)]! ^= 1;
    const ed25519 = await madeOutside('www.example.com', 'ED25519');
    const p521 = await madeOutside('www.example.com', 'EC521');
    const wrong = ['no CSR', encodePem('CERTIFICATE REQUEST', forged), ed25519.csr, p521.csr];
    for (const csr of wrong) {
      const answer = await bench.account().send('POST', `${path}/upload`, { name: 'mine', csr });
      assert.deepEqual([answer.status, answer.body.error_code], [400, 'SCM.0034']);
    }
  });

  test('a CSR that names no host: SCM.0033', async () => {
    for (const commonName of [undefined, 'Company XX']) {
      const { csr } = await madeOutside(commonName);
      const answer = await bench.account().send('POST', `${path}/upload`, { name: 'mine', csr });
      assert.deepEqual([answer.status, answer.body.error_code], [400, 'SCM.0033']);
    }
  });

  test('a CSR that was uploaded without key has none to give: SCM.0059', async () => {
    const account = bench.account();
    const { body } = await account.send<Csr>('POST', `${path}/upload`, { name: 'mine', csr: sampleCsr });
    const answer = await account.send('GET', `${path}/${body.id}/private-key`);
    assert.deepEqual([answer.status, answer.body.error_code], [400, 'SCM.0059']);
  });
});

describe('listCsrs', () => {
  const account = bench.account();
  const list = (query = '') => account.send<{ total: number; csr_list: Csr[] }>('GET', `${path}${query}`);

  test('csr_list and total, the newest first; name finds a part, private_key_algo the rest', async () => {
    for (const [index, name] of ['one_web', 'two', 'webthree', 'o%e'].entries()) {
      bench.clock.advance(1);
      const algorithm = index === 1 ? 'EC_P384' : 'EC_P256';
      await account.send('POST', path, { ...personal, name, private_key_algo: algorithm });
    }
    const { body } = await list();
    assert.equal(body.total, 4);
    assert.deepEqual(
      body.csr_list.map(({ name }) => name),
      ['o%e', 'webthree', 'two', 'one_web'],
    );
    const namesBy = async (query: string) => (await list(query)).body.csr_list.map(({ name }) => name);
    assert.deepEqual(await namesBy('?name=web'), ['webthree', 'one_web']);
    assert.deepEqual(await namesBy('?name=%25'), ['o%e']);
    assert.deepEqual(await namesBy('?private_key_algo=EC_P384'), ['two']);
    assert.deepEqual(await namesBy('?private_key_algo=EC_P384&name=web'), []);
    assert.deepEqual(await namesBy('?offset=3'), ['one_web']);
  });

  test('an offset beyond the end answers an empty list and the true total', async () => {
    const { body } = await list('?offset=1000&limit=50');
    assert.deepEqual(body, { total: 4, csr_list: [] });
  });

  test('invalid parameters: SCM.0005', async () => {
    for (const query of ['?limit=11', '?limit=x', '?offset=-1', '?private_key_algo=RSA']) {
      const answer = await account.send('GET', `${path}${query}`);
      assert.deepEqual([answer.status, answer.body.error_code], [400, 'SCM.0005'], query);
    }
  });

  test("another account's CSRs are neither listed nor found", async () => {
    const [mine] = (await list()).body.csr_list;
    const other = bench.account();
    assert.equal((await other.send<{ total: number }>('GET', path)).body.total, 0);
    for (const [method, suffix] of [
      ['GET', ''],
      ['GET', '/private-key'],
      ['PUT', ''],
      ['DELETE', ''],
    ] as const) {
      const answer = await other.send(method, `${path}/${mine?.id}${suffix}`, { name: 'x' });
      assert.equal(answer.body.error_code, 'SCM.0707', `${method} ${suffix}`);
    }
  });
});

describe('getCsr, updateCsr, deleteCsr and getCsrPrivateKey', () => {
  test('an unknown id: 400 SCM.0707, whatever its form', async () => {
    const account = bench.account();
    for (const id of ['0'.repeat(32), 'x', 'upload']) {
      for (const [method, suffix] of [
        ['GET', ''],
        ['GET', '/private-key'],
        ['PUT', ''],
        ['DELETE', ''],
      ] as const) {
        const answer = await account.send(method, `${path}/${id}${suffix}`, { name: 'x' });
        assert.deepEqual([answer.status, answer.body.error_code], [400, 'SCM.0707'], `${method} ${id}`);
      }
    }
  });

  test('the new name is mandatory, and has at most 255 characters: SCM.0005', async () => {
    const account = bench.account();
    const { body: created } = await account.send<Csr>('POST', path, personal);
    const rename = (name?: string) => account.send('PUT', `${path}/${created.id}`, { name });
    for (const name of [undefined, '', 'n'.repeat(256)]) {
      const answer = await rename(name);
      assert.deepEqual([answer.status, answer.body.error_code], [400, 'SCM.0005']);
    }
    assert.equal((await rename('n'.repeat(255))).status, 200);
  });

  test('only the name changes', async () => {
    const account = bench.account();
    const { body: created } = await account.send<Csr>('POST', path, personal);
    bench.clock.advance(5);
    const changed = await account.send<Csr>('PUT', `${path}/${created.id}`, { ...company, name: 'new' });
    assert.equal(changed.status, 200);
    assert.deepEqual(changed.body, { ...created, name: 'new', update_time: bench.clock.nowMs() });
    assert.deepEqual((await account.send<Csr>('GET', `${path}/${created.id}`)).body, changed.body);
    assert.equal((await account.send('PUT', `${path}/${created.id}`, {})).body.error_code, 'SCM.0005');
  });

  test('204: a deleted CSR is gone, and its key with it', async () => {
    const account = bench.account();
    const { body: created } = await account.send<Csr>('POST', path, personal);
    const deleted = await account.send('DELETE', `${path}/${created.id}`);
    assert.deepEqual([deleted.status, deleted.bytes.length], [204, 0]);
    assert.equal((await account.send('GET', `${path}/${created.id}`)).body.error_code, 'SCM.0707');
    const { count } = await bench.database
      .tables<{ kms_private_keys: { account_id: string } }>()
      .selectFrom('kms_private_keys')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('account_id', '=', account.accountId)
      .executeTakeFirstOrThrow();
    assert.equal(count, 0);
  });

  test('each operation needs its permission: 403 SCM.1019; a key that leaves is in the audit trail', async () => {
    const account = bench.account();
    const { body: created } = await account.send<Csr>('POST', path, personal);
    const member = `${path}/${created.id}`;
    const operations = [
      ['scm::createCsr', 'POST', path, personal],
      ['scm::listCsr', 'GET', path, undefined],
      ['scm::getCsr', 'GET', member, undefined],
      ['scm::updateCsr', 'PUT', member, { name: 'x' }],
      ['scm::deleteCsr', 'DELETE', member, undefined],
      ['scm::uploadCsr', 'POST', `${path}/upload`, { name: 'x', csr: sampleCsr }],
      ['scm::getCsrPrivateKey', 'GET', `${member}/private-key`, undefined],
    ] as const;
    for (const [action, method, url, body] of operations) {
      const answer = await account.without(action).send(method, url, body);
      assert.deepEqual([answer.status, answer.body.error_code], [403, 'SCM.1019'], action);
    }
    await account.send('GET', `${member}/private-key`);
    const audits = await bench.audits(account.accountId);
    assert.deepEqual(
      audits.map(({ action, resource_id }) => [action, resource_id]),
      [
        ['scm::createCsr', created.id],
        ['scm::getCsrPrivateKey', created.id],
      ],
    );
  });
});
