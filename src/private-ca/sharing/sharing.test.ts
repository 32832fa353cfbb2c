import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  assertDone,
  assertRefused,
  create,
  details,
  exported,
  path,
  pendingBody,
  post,
  rootBody,
  scheduleDeletion,
  subordinateBody,
} from '../authorities/authorities.fixture.ts';
import {
  certificateBody,
  certificateOf,
  countOf,
  csrBody,
  csrOf,
  exportedFields,
  issue,
  issueByCsr,
  parsedPem,
} from '../certificates/certificates.fixture.ts';
import {
  type BenchAccount,
  benchMigrations,
  knownProject,
  openBench,
  openSqliteBench,
  unknownAccount,
} from '../private-ca.fixture.ts';

const certificates = '/v1/private-certificates';
const bench = await openSqliteBench({ CERTIFICATE_AUTHORITY: 1000, CERTIFICATE: 1000 });

const share = (owner: BenchAccount, caId: string, ...consumers: BenchAccount[]) =>
  owner.send('PUT', `${path}/${caId}/shares`, {
    account_ids: consumers.map(({ accountId }) => accountId),
  });

const unshare = (owner: BenchAccount, caId: string) => owner.send('DELETE', `${path}/${caId}/shares`);

async function sharesOf(owner: BenchAccount, caId: string): Promise<string[]> {
  const answer = await owner.send<{ shares: { account_id: string }[] }>('GET', `${path}/${caId}/shares`);
  assert.equal(answer.status, 200);
  return answer.body.shares.map(({ account_id }) => account_id);
}

async function listed(account: BenchAccount, query = '?owned_by_self=false'): Promise<string[]> {
  const answer = await account.send<{ total: number; certificate_authorities: { ca_id: string }[] }>(
    'GET',
    `${path}${query}`,
  );
  assert.equal(answer.body.total, answer.body.certificate_authorities.length);
  return answer.body.certificate_authorities.map(({ ca_id }) => ca_id);
}

/** A CA and an account with which it is shared. */
async function shared(of = bench, body: object = rootBody) {
  const [owner, consumer] = [of.account(), of.account()];
  const caId = await create(owner, body);
  assertDone(await share(owner, caId, consumer));
  return { owner, consumer, caId };
}

describeOnEachDatabase('a shared CA', benchMigrations, (open) => {
  test('it issues for the consumer: certificate, key, quota and audit record are the consumer’s', async () => {
    const own = await openBench(await open());
    const { owner, consumer, caId } = await shared(own);
    const withKey = await issue(consumer, caId);
    const byCsr = await issueByCsr(consumer, caId, await csrOf());
    assert.deepEqual([await countOf(consumer), await countOf(owner)], [2, 0]);
    const { certificate } = await exported(owner, caId);
    for (const id of [withKey, byCsr]) {
      const issued = await certificateOf(consumer, id);
      assert.deepEqual(issued.issuerDer, parsedPem(certificate).subjectDer);
      assertRefused(await owner.send('GET', `${certificates}/${id}`), 404, 'PCA.00030102');
    }
    const issuance = (await consumer.audits()).filter(({ action }) => action.startsWith('pca:ca:issueCert'));
    assert.equal(issuance.length, 2);
    const noticed = (await owner.audits()).filter(({ action }) => action.startsWith('pca:ca:issueCert'));
    assert.deepEqual(
      noticed.map(({ resource_id }) => resource_id),
      [caId, caId],
    );
    for (const { detail } of noticed) assert.ok(detail?.includes(consumer.accountId), detail ?? '');
  });

  test('lists, with owned_by_self=false only, hold it in every order and filter', async () => {
    const own = await openBench(await open());
    const { owner, consumer, caId } = await shared(own);
    const ownId = await create(consumer);
    assert.deepEqual(await listed(consumer, ''), [ownId]);
    assert.deepEqual((await listed(consumer)).sort(), [caId, ownId].sort());
    for (const query of ['&type=ROOT', '&status=ACTIVED', '&name=Test', '&sort_key=common_name&sort_dir=ASC'])
      assert.equal((await listed(consumer, `?owned_by_self=false${query}`)).length, 2, query);
    assert.deepEqual(await listed(consumer, '?owned_by_self=false&status=PENDING'), []);
    assert.deepEqual(await listed(owner), [caId]);
    assert.deepEqual(await listed(own.account()), []);
  });

  test('after sharing ends nothing more is issued; what was issued is exported, revoked and deleted', async () => {
    const own = await openBench(await open());
    const { owner, consumer, caId } = await shared(own);
    const ids = [await issue(consumer, caId), await issue(consumer, caId)] as const;
    assertDone(await unshare(owner, caId));
    const answer = await consumer.send('POST', certificates, certificateBody(caId));
    assertRefused(answer, 404, 'PCA.00030103');
    assertRefused(await consumer.send('GET', `${path}/${caId}`), 404, 'PCA.00030102');
    assert.deepEqual(await listed(consumer), []);
    assert.ok((await exportedFields(consumer, ids[0])).certificate_chain);
    assertDone(await consumer.send('POST', `${certificates}/${ids[0]}/revoke`, { reason: 'SUPERSEDED' }));
    assertDone(await consumer.send('DELETE', `${certificates}/${ids[1]}`));
  });

  test('sharing that ends while a certificate is being signed: it is not issued', async () => {
    const own = await openBench(await open());
    const { owner, consumer, caId } = await shared(own);
    const { generate } = own.keyStore;
    own.keyStore.generate = async (...wanted) => {
      own.keyStore.generate = generate;
      assertDone(await unshare(owner, caId));
      return generate.apply(own.keyStore, wanted);
    };
    assertRefused(await consumer.send('POST', certificates, certificateBody(caId)), 404, 'PCA.00030103');
    assert.equal(await countOf(consumer), 0);
  });

  test('of lists that are set at the same time one stays whole', async () => {
    const own = await openBench(await open());
    const owner = own.account();
    const caId = await create(owner);
    const lists = [1, 2, 3].map(() => [own.account(), own.account()]);
    const answers = await Promise.all(lists.map((accounts) => share(owner, caId, ...accounts)));
    for (const answer of answers) assertDone(answer);
    const whole = lists.map((accounts) =>
      accounts
        .map(({ accountId }) => accountId)
        .sort()
        .join(),
    );
    assert.ok(whole.includes((await sharesOf(owner, caId)).join()));
  });

  test('when the CA is gone nobody shares it, and the chains of consumers are whole', async () => {
    const own = await openBench(await open());
    const { owner, consumer, caId } = await shared(own);
    const certificateId = await issue(consumer, caId);
    await scheduleDeletion(owner, caId, 7);
    assert.equal((await details(consumer, caId)).status, 'DELETED');
    own.clock.advance(7 * 86_400_000);
    await own.jobs.runDue();
    assertRefused(await consumer.send('GET', `${path}/${caId}`), 404, 'PCA.00030102');
    const rows = await own.database
      .tables<{ certificate_authority_shares: { ca_id: string } }>()
      .selectFrom('certificate_authority_shares')
      .select('ca_id')
      .execute();
    assert.deepEqual(rows, []);
    assert.ok((await exportedFields(consumer, certificateId)).certificate_chain);
  });
});

describe('what a consumer sees and may do', () => {
  test('details and export; what concerns the owner only does not show', async () => {
    const { owner, consumer, caId } = await shared(bench, {
      ...rootBody,
      enterprise_project_id: knownProject,
    });
    const [seen, own] = [await details(consumer, caId), await details(owner, caId)];
    assert.deepEqual(seen, { ...own, enterprise_project_id: '0' });
    assert.deepEqual(await exported(consumer, caId), await exported(owner, caId));
  });

  test('the chain goes up over CAs that are not shared', async () => {
    const [owner, consumer] = [bench.account(), bench.account()];
    const caId = await create(owner, subordinateBody(await create(owner)));
    assertDone(await share(owner, caId, consumer));
    const fields = await exportedFields(consumer, await issue(consumer, caId));
    assert.equal(fields.certificate_chain?.match(/BEGIN CERTIFICATE/g)?.length, 2);
  });

  test('no subordinate CA: neither created, nor activated, nor by CSR', async () => {
    const { consumer, caId } = await shared();
    assertRefused(await consumer.send('POST', path, subordinateBody(caId)), 404, 'PCA.00030103');
    const pendingId = await create(consumer, pendingBody);
    const activation = {
      issuer_id: caId,
      signature_algorithm: 'SHA256',
      validity: { type: 'DAY', value: 1 },
    };
    assertRefused(await post(consumer, pendingId, 'activate', activation), 404, 'PCA.00030103');
    const body = { ...csrBody(caId, await csrOf()), type: 'INTERMEDIATE_CA' };
    assertRefused(await consumer.send('POST', `${certificates}/csr`, body), 404, 'PCA.00030103');
  });

  test('the owner’s policy and the state of the CA bind the consumer', async () => {
    const { owner, consumer, caId } = await shared();
    assertDone(await owner.send('PUT', `${path}/${caId}/issuance-policy`, { key_algorithms: ['EC384'] }));
    const attempt = () => consumer.send('POST', certificates, certificateBody(caId));
    assertRefused(await attempt(), 400, 'PCA.00020001', /key_algorithms/);
    assertDone(await post(owner, caId, 'disable'));
    assertRefused(await attempt(), 403, 'PCA.00030201');
  });

  test('an SM2 envelope for a consumer is signed by the CA', async () => {
    const sm2 = { ...rootBody, key_algorithm: 'SM2', signature_algorithm: 'SM3' };
    const { consumer, caId } = await shared(bench, sm2);
    const certificateId = await issue(consumer, caId);
    const fields = await exportedFields(consumer, certificateId, { is_sm_standard: 'true' });
    assert.ok(
      Object.keys(fields).some((field) => field.includes('envelop')),
      Object.keys(fields).join(),
    );
  });

  test('permissions are asked in the consumer’s account', async () => {
    const { owner, consumer, caId } = await shared();
    const weak = consumer.without('pca:ca:issueCert', 'pca:ca:get', 'pca:ca:export');
    assertRefused(await weak.send('POST', certificates, certificateBody(caId)), 401, 'PCA.00010004');
    assertRefused(await weak.send('GET', `${path}/${caId}`), 401, 'PCA.00010004');
    assertRefused(await post(weak, caId, 'export'), 401, 'PCA.00010004');
    await issue(consumer, caId);
    const asked = bench.asked.at(-1);
    assert.equal(asked?.resource, `pca:*:${owner.accountId}:ca:${caId}`);
  });
});

describe('shares', () => {
  test('PUT replaces the list; DELETE ends it; each change is on record', async () => {
    const [owner, first, second] = [bench.account(), bench.account(), bench.account()];
    const caId = await create(owner);
    assert.deepEqual(await sharesOf(owner, caId), []);
    assertDone(await share(owner, caId, first, second, first));
    assert.deepEqual(await sharesOf(owner, caId), [first.accountId, second.accountId].sort());
    assertDone(await share(owner, caId, second));
    assert.deepEqual(await sharesOf(owner, caId), [second.accountId]);
    assertRefused(await first.send('GET', `${path}/${caId}`), 404, 'PCA.00030102');
    assertDone(await unshare(owner, caId));
    assert.deepEqual(await sharesOf(owner, caId), []);
    assert.equal((await owner.audits()).filter(({ action }) => action === 'pca:ca:setShares').length, 3);
  });

  test('an unknown account, the owner, and an empty list are refused (400 PCA.00020001)', async () => {
    const owner = bench.account();
    const caId = await create(owner);
    for (const [account_ids, text] of [
      [[unknownAccount], /account_ids\[0\] is no account/],
      [[bench.account().accountId, owner.accountId], /account_ids\[1\] is the owner/],
      [[], /account_ids/],
    ] as const) {
      const answer = await owner.send('PUT', `${path}/${caId}/shares`, { account_ids });
      assertRefused(answer, 400, 'PCA.00020001', text);
    }
    assert.deepEqual(await sharesOf(owner, caId), []);
  });

  test('whoever may not issue with the CA itself, or read it, does not share it', async () => {
    const owner = bench.account();
    const caId = await create(owner);
    const consumer = bench.account();
    for (const action of ['pca:ca:issueCert', 'pca:ca:issueCertByCsr', 'pca:ca:get', 'pca:ca:export']) {
      const weak = owner.without(action);
      assertRefused(await share(weak, caId, consumer), 401, 'PCA.00010004');
      assert.deepEqual(await sharesOf(owner, caId), [], action);
      assertDone(await unshare(weak, caId));
    }
    assertDone(await share(owner, caId, consumer));
  });

  test('who lacks the permission is refused; a CA that is being deleted is not shared', async () => {
    const owner = bench.account();
    const caId = await create(owner);
    const consumer = bench.account();
    const weak = owner.without('pca:ca:setShares', 'pca:ca:listShares');
    assertRefused(await share(weak, caId, consumer), 401, 'PCA.00010004');
    assertRefused(await unshare(weak, caId), 401, 'PCA.00010004');
    assertRefused(await weak.send('GET', `${path}/${caId}/shares`), 401, 'PCA.00010004');
    await scheduleDeletion(owner, caId);
    assertRefused(await share(owner, caId, consumer), 403, 'PCA.00030201');
  });
});
