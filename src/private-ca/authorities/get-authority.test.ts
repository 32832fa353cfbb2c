import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { knownProject, openSqliteBench, testNowMs } from '../private-ca.fixture.ts';
import {
  assertRefused,
  create,
  details,
  issueByCsr,
  path,
  type QuotaBody,
  rootBody,
  scheduleDeletion,
  subject,
  subordinateBody,
  usedQuota,
} from './authorities.fixture.ts';

const bench = await openSqliteBench();
const unknownId = '00000000-0000-0000-0000-000000000000';

describe('getCertificateAuthority returns the details of the CA with the given ca_id', () => {
  test('a root CA: its own names, no issuer, path_length 7', async () => {
    const account = bench.account();
    const caId = await create(account);
    const { serial_number, ...ca } = await details(account, caId);
    assert.match(serial_number ?? '', /^20240315102030[0-9]{20}$/);
    assert.deepEqual(ca, {
      ca_id: caId,
      type: 'ROOT',
      status: 'ACTIVED',
      path_length: 7,
      issuer_id: null,
      issuer_name: null,
      key_algorithm: 'EC256',
      signature_algorithm: 'SHA256',
      freeze_flag: 0,
      gen_mode: 'GENERATE',
      create_time: testNowMs,
      delete_time: null,
      not_before: Date.UTC(2024, 2, 15, 10, 20, 30),
      not_after: Date.UTC(2034, 2, 15, 10, 20, 30),
      distinguished_name: subject,
      crl_configuration: {
        enabled: false,
        crl_name: null,
        obs_bucket_name: null,
        valid_days: null,
        crl_dis_point: null,
      },
      enterprise_project_id: '0',
      free_quota: 0,
      charging_mode: 1,
      domain_id: account.accountId,
    });
  });

  test('a subordinate CA: path_length is the value given when it was created, default 0', async () => {
    const account = bench.account();
    const rootId = await create(account);
    const caId = await create(account, { ...subordinateBody(rootId), path_length: 4 });
    const ca = await details(account, caId);
    assert.deepEqual([ca.path_length, ca.issuer_id, ca.issuer_name], [4, rootId, 'Test CA']);
  });

  test('[terraform] a CA scheduled for deletion is still returned, with status DELETED; one that no longer exists gives 404', async () => {
    const account = bench.account();
    const caId = await create(account);
    await scheduleDeletion(account, caId, 7);
    const ca = await details(account, caId);
    assert.deepEqual([ca.status, ca.delete_time], ['DELETED', bench.clock.nowMs() + 7 * 86_400_000]);
    bench.clock.advance(7 * 86_400_000);
    await bench.jobs.runDue();
    assertRefused(await account.send('GET', `${path}/${caId}`), 404, 'PCA.00030102');
  });

  test('EXPIRED follows from the clock: not_after itself still belongs to the validity', async () => {
    const account = bench.account();
    const caId = await create(account, { ...rootBody, validity: { type: 'HOUR', value: 1 } });
    const { not_after } = await details(account, caId);
    bench.clock.advance(not_after! - bench.clock.nowMs());
    assert.equal((await details(account, caId)).status, 'ACTIVED');
    bench.clock.advance(1);
    assert.equal((await details(account, caId)).status, 'EXPIRED');
  });

  test('[4.2.2.3] also returns a subordinate CA that was issued with a CSR; its ca_id is the certificate_id of that call', async () => {
    const account = bench.account();
    const rootId = await create(account);
    const ca = await details(account, await issueByCsr(account, rootId));
    assert.deepEqual(
      [ca.type, ca.gen_mode, ca.status, ca.issuer_id],
      ['SUBORDINATE', 'CSR', 'ACTIVED', rootId],
    );
  });

  test('an unknown CA, and one of another account, is not found (404 PCA.00030102)', async () => {
    const caId = await create(bench.account());
    for (const id of [unknownId, caId]) {
      assertRefused(await bench.account().send('GET', `${path}/${id}`), 404, 'PCA.00030102', /ca_id/);
    }
  });

  test('what has not the form of an ID is refused (400 PCA.00020201)', async () => {
    for (const id of ['1', `${unknownId}0`, unknownId.replace('0', 'g')]) {
      assertRefused(await bench.account().send('GET', `${path}/${id}`), 400, 'PCA.00020201', /ca_id/);
    }
  });

  test('the permission is asked for with the CA and its enterprise project, also when there is no such CA', async () => {
    const account = bench.account();
    const caId = await create(account, { ...rootBody, enterprise_project_id: knownProject });
    await details(account, caId);
    assert.deepEqual(bench.asked.at(-1), {
      action: 'pca:ca:get',
      resource: `pca:*:${account.accountId}:ca:${caId}`,
      conditions: { 'g:EnterpriseProjectId': knownProject },
    });
    const denied = account.without('pca:ca:get');
    for (const id of [caId, unknownId]) {
      assertRefused(await denied.send('GET', `${path}/${id}`), 401, 'PCA.00010004');
    }
  });
});

describe('getCertificateAuthorityQuota', () => {
  test('the response lists the quota of type CERTIFICATE_AUTHORITY: used and quota, 100 in the current system', async () => {
    const account = bench.account();
    await create(account);
    const { status, body } = await account.send<QuotaBody>('GET', `${path}/quotas`);
    assert.equal(status, 200);
    assert.deepEqual(body, {
      quotas: { resources: [{ type: 'CERTIFICATE_AUTHORITY', used: 1, quota: 100 }] },
    });
  });

  test('quotas.resources has at most 10 elements, and one for an account that has nothing yet', async () => {
    const { body } = await bench.account().send<QuotaBody>('GET', `${path}/quotas`);
    assert.deepEqual(body.quotas.resources, [{ type: 'CERTIFICATE_AUTHORITY', used: 0, quota: 100 }]);
  });

  test('[4.2.2.3] subordinate CAs issued with a CSR do not use the CA quota', async () => {
    const account = bench.account();
    const issuer_id = await create(account);
    const used = await usedQuota(account);
    const caId = await issueByCsr(account, issuer_id);
    assert.equal(await usedQuota(account), used);
    await scheduleDeletion(account, caId, 7);
    bench.clock.advance(7 * 86_400_000);
    await bench.jobs.runDue();
    assert.equal(await usedQuota(account), used);
  });

  test('who lacks the permission is refused (401 PCA.00010004)', async () => {
    const answer = await bench.account().without('pca:ca:quota').send('GET', `${path}/quotas`);
    assertRefused(answer, 401, 'PCA.00010004');
  });
});
