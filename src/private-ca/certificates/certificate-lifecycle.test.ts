import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { assertDone, assertRefused } from '../authorities/authorities.fixture.ts';
import { type Bench, type BenchAccount, benchMigrations, openBench } from '../private-ca.fixture.ts';
import type { IssuedSerialTable, PrivateCaTables } from '../tables.ts';
import type { CertificateResponse } from './certificate-presentation.ts';
import {
  certificateBody,
  countOf,
  createRoot,
  csrBody,
  csrOf,
  details,
  exportedFields,
  issue,
  issueByCsr,
  path,
} from './certificates.fixture.ts';

interface Listing {
  readonly total: number;
  readonly certificates: CertificateResponse[];
}

const day = 86_400_000;
const nobody = '00000000-0000-0000-0000-000000000000';

describeOnEachDatabase('certificates', benchMigrations, (open) => {
  let bench: Bench;
  let account: BenchAccount;
  let root: string;
  beforeEach(async () => {
    bench = await openBench(await open());
    account = bench.account();
    root = await createRoot(account);
  });

  const list = async (query = '') => (await account.send<Listing>('GET', `${path}${query}`)).body;
  const namesOf = async (query: string) =>
    (await list(query)).certificates.map((each) => each.distinguished_name.common_name);
  const named = (common_name: string, changes: object = {}) =>
    issue(account, root, { distinguished_name: { common_name }, ...changes });
  const revoke = (id: string, body: unknown = {}) => account.send('POST', `${path}/${id}/revoke`, body);
  const serials = (): Promise<IssuedSerialTable[]> =>
    bench.database
      .tables<PrivateCaTables>()
      .selectFrom('issued_serials')
      .selectAll()
      .where('issuer_id', '=', root)
      .where('kind', '!=', 'ca')
      .orderBy('serial_number')
      .execute();

  test('list: limit defaults to 10, allows 0 to 1000, and total counts all', async () => {
    const csr = await csrOf();
    for (let count = 0; count < 12; count++) await issueByCsr(account, root, csr);
    const first = await list();
    assert.deepEqual([first.total, first.certificates.length], [12, 10]);
    assert.deepEqual([(await list('?limit=0')).certificates, (await list('?limit=0')).total], [[], 12]);
    assert.equal((await list('?limit=1000')).certificates.length, 12);
    for (const limit of ['-1', '1001', 'x', '']) {
      assertRefused(await account.send('GET', `${path}?limit=${limit}`), 400, 'PCA.00020001', /limit/);
    }
  });

  test('list: the query starts after offset; pages do not overlap; a page behind the end is empty', async () => {
    const csr = await csrOf();
    for (let count = 0; count < 5; count++) await issueByCsr(account, root, csr);
    const all = (await list('?limit=1000&offset=0')).certificates.map((each) => each.certificate_id);
    const paged = [];
    for (const offset of [0, 2, 4]) paged.push(...(await list(`?limit=2&offset=${offset}`)).certificates);
    assert.deepEqual(
      paged.map((each) => each.certificate_id),
      all,
    );
    assert.equal(new Set(all).size, 5);
    assert.deepEqual(await list('?limit=1000&offset=1000'), { total: 5, certificates: [] });
    assertRefused(await account.send('GET', `${path}?offset=-1`), 400, 'PCA.00020001', /offset/);
  });

  test('list: name finds what contains it, literally', async () => {
    for (const name of ['a_b', 'axb', '100.com', 'B', '例子']) await named(name);
    assert.deepEqual(await namesOf('?name=a_b'), ['a_b']);
    assert.deepEqual(await namesOf('?name=%25'), []);
    assert.deepEqual(await namesOf('?name=b&sort_key=common_name&sort_dir=ASC'), ['a_b', 'axb']);
    assert.deepEqual(await namesOf(`?name=${encodeURIComponent('例')}`), ['例子']);
    assert.equal((await list('?name=b')).total, 2);
    for (const name of ['', 'n'.repeat(65)]) {
      assertRefused(await account.send('GET', `${path}?name=${name}`), 400, 'PCA.00020001', /name/);
    }
  });

  test('list: status is ISSUED, REVOKED or EXPIRED, which follows from the clock', async () => {
    await named('long', { validity: { type: 'DAY', value: 30 } });
    await named('short', { validity: { type: 'DAY', value: 1 } });
    assertDone(await revoke(await named('revoked', { validity: { type: 'DAY', value: 1 } })));
    assert.deepEqual((await namesOf('?status=ISSUED')).sort(), ['long', 'short']);
    bench.clock.advance(2 * day);
    assert.deepEqual(await namesOf('?status=ISSUED'), ['long']);
    assert.deepEqual(await namesOf('?status=EXPIRED'), ['short']);
    assert.deepEqual(await namesOf('?status=REVOKED'), ['revoked']);
    assert.deepEqual(
      (await list('?status=EXPIRED')).certificates.map(({ status }) => status),
      ['EXPIRED'],
    );
    assert.deepEqual([(await list('?status=EXPIRED')).total, (await list()).total], [1, 3]);
    assertRefused(await account.send('GET', `${path}?status=ACTIVED`), 400, 'PCA.00020001', /status/);
  });

  test('list: sort_key is create_time (default), common_name, issuer_name or not_after; sort_dir DESC (default) or ASC', async () => {
    const issuers: Record<string, string> = {};
    for (const name of ['Z issuer', 'A issuer']) {
      const subject = {
        common_name: name,
        country: 'CN',
        state: 'S',
        locality: 'L',
        organization: 'O',
        organizational_unit: 'U',
      };
      issuers[name] = await createRoot(account, 'EC256', { distinguished_name: subject });
    }
    const add = async (common_name: string, issuer: string, days: number) => {
      bench.clock.advance(1000);
      await issue(account, issuer, {
        distinguished_name: { common_name },
        validity: { type: 'DAY', value: days },
      });
    };
    await add('m', issuers['Z issuer']!, 2);
    await add('k', issuers['A issuer']!, 3);
    await add('z', root, 1);
    assert.deepEqual(await namesOf(''), ['z', 'k', 'm']);
    assert.deepEqual(await namesOf('?sort_dir=ASC'), ['m', 'k', 'z']);
    const ascending = {
      create_time: ['m', 'k', 'z'],
      common_name: ['k', 'm', 'z'],
      issuer_name: ['k', 'z', 'm'],
      not_after: ['z', 'm', 'k'],
    };
    for (const [key, names] of Object.entries(ascending)) {
      assert.deepEqual(await namesOf(`?sort_key=${key}&sort_dir=ASC`), names, key);
      assert.deepEqual(await namesOf(`?sort_key=${key}&sort_dir=DESC`), [...names].reverse(), key);
    }
    assertRefused(await account.send('GET', `${path}?sort_key=type`), 400, 'PCA.00020001', /sort_key/);
    assertRefused(await account.send('GET', `${path}?sort_dir=asc`), 400, 'PCA.00020001', /sort_dir/);
  });

  test("list: another account's certificates are not in it", async () => {
    await named('mine');
    const other = await bench.account().send<Listing>('GET', path);
    assert.deepEqual(other.body, { total: 0, certificates: [] });
    assertRefused(await account.without('pca:cert:list').send('GET', path), 401, 'PCA.00010004');
  });

  test('get: the details are an element of the list', async () => {
    const id = await named('a');
    assert.deepEqual((await list()).certificates, [await details(account, id)]);
    assert.deepEqual(await details(account, id.toUpperCase()), await details(account, id));
  });

  test('get: gen_mode is GENERATE or CSR, freeze_flag 0, enterprise_project_id 0 by default', async () => {
    const generated = await details(account, await named('a'));
    assert.deepEqual(
      [generated.gen_mode, generated.freeze_flag, generated.enterprise_project_id],
      ['GENERATE', 0, '0'],
    );
    assert.deepEqual([generated.enc_cert_info, generated.delete_time], [null, null]);
    const requested = await details(account, await issueByCsr(account, root, await csrOf()));
    assert.equal(requested.gen_mode, 'CSR');
  });

  test("get, delete, revoke, export: what is not there, or another account's, is not found; an id has its form", async () => {
    const stranger = bench.account();
    const theirs = await issue(stranger, await createRoot(stranger));
    const body = { type: 'OTHER', is_compressed: false };
    const operations = [
      (id: string) => account.send('GET', `${path}/${id}`),
      (id: string) => account.send('DELETE', `${path}/${id}`),
      (id: string) => revoke(id),
      (id: string) => account.send('POST', `${path}/${id}/export`, body),
    ];
    for (const operation of operations) {
      for (const id of [nobody, theirs]) assertRefused(await operation(id), 404, 'PCA.00030102');
      assertRefused(await operation('no-id'), 400, 'PCA.00020301', /certificate_id/);
      assertRefused(await operation(`${nobody}0`), 400, 'PCA.00020301', /certificate_id/);
    }
    assert.equal((await details(stranger, theirs)).status, 'ISSUED');
  });

  test('get, delete, revoke, export and quotas need their permission, asked with the project', async () => {
    const id = await named('a');
    const body = { type: 'OTHER', is_compressed: false };
    const send = (denied: string, method: 'GET' | 'POST' | 'DELETE', rest: string, sent?: object) =>
      account.without(denied).send(method, `${path}${rest}`, sent);
    const denials = [
      send('pca:cert:get', 'GET', `/${id}`),
      send('pca:cert:delete', 'DELETE', `/${id}`),
      send('pca:ca:revokeCert', 'POST', `/${id}/revoke`, {}),
      send('pca:cert:revoke', 'POST', `/${id}/revoke`, {}),
      send('pca:cert:export', 'POST', `/${id}/export`, body),
      send('pca:cert:quota', 'GET', '/quotas'),
    ];
    for (const denial of denials) assertRefused(await denial, 401, 'PCA.00010004');
    assert.equal((await details(account, id)).status, 'ISSUED');
    await revoke(id);
    assert.deepEqual(bench.asked.at(-1), {
      action: 'pca:ca:revokeCert',
      resource: `pca:*:${account.accountId}:ca:${root}`,
      conditions: { 'g:EnterpriseProjectId': '0' },
    });
  });

  test('delete: in any status, 204 without a body, gone at once', async () => {
    const ids = [
      await named('issued'),
      await named('revoked'),
      await named('expired', { validity: { type: 'DAY', value: 1 } }),
    ];
    assertDone(await revoke(ids[1]!));
    bench.clock.advance(2 * day);
    for (const id of ids) {
      assertDone(await account.send('DELETE', `${path}/${id}`));
      assertRefused(await account.send('GET', `${path}/${id}`), 404, 'PCA.00030102');
      assertRefused(await account.send('DELETE', `${path}/${id}`), 404, 'PCA.00030102');
    }
    assert.equal(await countOf(account), 0);
  });

  test('delete: the keys are destroyed; serial numbers and revocations stay', async () => {
    const id = await named('a');
    const { serial_number } = await details(account, id);
    const [row] = await bench.database
      .tables<PrivateCaTables>()
      .selectFrom('private_certificates')
      .select('key_id')
      .execute();
    assertDone(await revoke(id, { reason: 'KEY_COMPROMISE' }));
    assertDone(await account.send('DELETE', `${path}/${id}`));
    const owner = { accountId: account.accountId, purpose: 'pca' } as const;
    await assert.rejects(bench.keyStore.exportPrivateKey(owner, row!.key_id!));
    assert.deepEqual(
      (await serials()).map((each) => [each.serial_number, each.subject_id, each.revocation_reason]),
      [[serial_number, id, 'KEY_COMPROMISE']],
    );
  });

  test('delete: at the same time, one deletes and the quota is given back once', async () => {
    const id = await named('a');
    await named('b');
    const answers = await Promise.all([1, 2, 3].map(() => account.send('DELETE', `${path}/${id}`)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 404, 404]);
    assert.equal(await countOf(account), 1);
  });

  test('quotas: type CERTIFICATE, used and the total of 100000; certificates by CSR count', async () => {
    await named('a');
    await issueByCsr(account, root, await csrOf());
    const answer = await account.send('GET', `${path}/quotas`);
    assert.deepEqual(answer.body, {
      quotas: { resources: [{ type: 'CERTIFICATE', used: 2, quota: 100_000 }] },
    });
  });

  test('revoke: success is 204 without a body, the certificate is REVOKED, and its serial number says when and why', async () => {
    const id = await named('a');
    const nowMs = bench.clock.nowMs();
    assertDone(await revoke(id, { reason: 'SUPERSEDED' }));
    assert.equal((await details(account, id)).status, 'REVOKED');
    const [serial] = await serials();
    assert.deepEqual(
      [serial!.revoked_at, serial!.revocation_reason, serial!.kind],
      [nowMs, 'SUPERSEDED', 'entity'],
    );
  });

  test('revoke: reason defaults to UNSPECIFIED, for {} and {"reason": null}; no body at all is an error', async () => {
    for (const body of [{}, { reason: null }, { reason: 'UNSPECIFIED' }])
      assertDone(await revoke(await named('a'), body));
    assert.deepEqual(
      (await serials()).map((each) => each.revocation_reason),
      Array(3).fill('UNSPECIFIED'),
    );
    const id = await named('b');
    assertRefused(await account.send('POST', `${path}/${id}/revoke`), 400, 'PCA.00020001', /body/);
    assertRefused(await account.send('POST', `${path}/${id}/revoke`, 'null'), 400, 'PCA.00020001', /body/);
    assert.equal((await details(account, id)).status, 'ISSUED');
  });

  test('revoke: the nine reasons', async () => {
    const reasons = [
      'UNSPECIFIED',
      'KEY_COMPROMISE',
      'CERTIFICATE_AUTHORITY_COMPROMISE',
      'AFFILIATION_CHANGED',
      'SUPERSEDED',
      'CESSATION_OF_OPERATION',
      'CERTIFICATE_HOLD',
      'PRIVILEGE_WITHDRAWN',
      'ATTRIBUTE_AUTHORITY_COMPROMISE',
    ];
    const csr = await csrOf();
    for (const reason of reasons) assertDone(await revoke(await issueByCsr(account, root, csr), { reason }));
    assert.deepEqual((await serials()).map((each) => each.revocation_reason).sort(), [...reasons].sort());
    const id = await named('a');
    for (const reason of ['REMOVE_FROM_CRL', 'keyCompromise', '', 1]) {
      assertRefused(await revoke(id, { reason }), 400, 'PCA.00020001', /reason/);
    }
  });

  test('revoke: an expired certificate can be revoked, a revoked one cannot, one on hold only for good', async () => {
    const id = await named('a', { validity: { type: 'DAY', value: 1 } });
    bench.clock.advance(2 * day);
    const heldAt = bench.clock.nowMs();
    assertDone(await revoke(id, { reason: 'CERTIFICATE_HOLD' }));
    assertRefused(await revoke(id, { reason: 'CERTIFICATE_HOLD' }), 403, 'PCA.00030201', /REVOKED/);
    bench.clock.advance(day);
    assertDone(await revoke(id, { reason: 'KEY_COMPROMISE' }));
    assertRefused(await revoke(id), 403, 'PCA.00030201', /REVOKED/);
    const [serial] = await serials();
    assert.deepEqual([serial!.revoked_at, serial!.revocation_reason], [heldAt, 'KEY_COMPROMISE']);
  });

  test('revoke: at the same time, one revokes', async () => {
    const id = await named('a');
    const answers = await Promise.all([1, 2, 3].map(() => revoke(id)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 403, 403]);
  });

  test('revoke: both certificates of an SM2 pair', async () => {
    root = await createRoot(account, 'SM2');
    assertDone(await revoke(await named('a'), { reason: 'KEY_COMPROMISE' }));
    const rows = await serials();
    assert.deepEqual(rows.map(({ kind }) => kind).sort(), ['encryption', 'entity']);
    assert.deepEqual(
      rows.map((each) => each.revocation_reason),
      ['KEY_COMPROMISE', 'KEY_COMPROMISE'],
    );
  });

  test('a frozen certificate is neither exported nor revoked', async () => {
    const id = await named('a');
    await bench.database.transaction(async (transaction) => {
      await transaction
        .tables<PrivateCaTables>()
        .updateTable('private_certificates')
        .set({ freeze_flag: 1 })
        .execute();
    });
    assertRefused(await revoke(id), 403, 'PCA.00030202');
    const body = { type: 'OTHER', is_compressed: false };
    assertRefused(await account.send('POST', `${path}/${id}/export`, body), 403, 'PCA.00030202');
  });

  test('issuing, exporting, revoking and deleting leave their records', async () => {
    const id = await named('a');
    await exportedFields(account, id);
    await revoke(id);
    await account.send('DELETE', `${path}/${id}`);
    const recorded = (await account.audits()).filter((each) => each.resource_id === id);
    assert.deepEqual(
      recorded.map(({ action }) => action),
      ['pca:ca:issueCert', 'pca:cert:export', 'pca:ca:revokeCert', 'pca:cert:delete'],
    );
  });

  test('issuing at the same time: every certificate has its own serial number, and the quota adds up', async () => {
    const csr = await csrOf();
    const send = (body: object, rest = '') => account.send('POST', `${path}${rest}`, body);
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, () => send(csrBody(root, csr), '/csr')),
      ...Array.from({ length: 10 }, () => send(certificateBody(root))),
    ]);
    assert.ok(answers.every(({ status }) => status === 200));
    assert.equal(await countOf(account), 20);
    assert.equal(new Set((await serials()).map((each) => each.serial_number)).size, 20);
  });
});
