import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { selfSignedCredentials } from '../../../test/support/self-signed.ts';
import { createTokenInMemory } from '../../../test/support/token-in-memory.ts';

import { type BenchAccount, benchMigrations, openBench, openSqliteBench } from '../private-ca.fixture.ts';
import {
  activationBody,
  assertDone,
  assertRefused,
  certificateOf,
  create,
  details,
  order,
  path,
  pendingBody,
  post,
  rootBody,
  scheduleDeletion,
  subordinateBody,
  usedQuota,
} from './authorities.fixture.ts';

const dayMs = 86_400_000;
const { certificatePem } = await selfSignedCredentials('HSM');
const hsm_cluster_info = {
  hsm_project: 'cn-north-7',
  hsm_cluster_id: 'cluster-1',
  hsm_ca_cert: Buffer.from(certificatePem).toString('base64'),
};
const hsmRoot = { ...rootBody, hsm_cluster_info };

async function open() {
  const token = createTokenInMemory();
  return { token, bench: await openSqliteBench(undefined, { token }) };
}

const { bench, token } = await open();

function issueLeaf(account: BenchAccount, issuerId: string) {
  return account.send<{ certificate_id: string }>('POST', '/v1/private-certificates', {
    issuer_id: issuerId,
    distinguished_name: { common_name: 'leaf.example.com' },
    validity: { type: 'DAY', value: 30 },
    key_algorithm: 'EC256',
  });
}

/** How many keys of the token the work adds. */
async function keysMadeBy(work: () => Promise<unknown>): Promise<number> {
  const before = token.keyNames().length;
  await work();
  return token.keyNames().length - before;
}

describeOnEachDatabase('a CA whose key is in an HSM', benchMigrations, (openDatabase) => {
  test('it signs in the token from the first certificate on, and takes its key along when its deletion is carried out', async () => {
    const hsm = createTokenInMemory();
    const { account: newAccount, clock, jobs } = await openBench(await openDatabase(), { token: hsm });
    const account = newAccount();
    const caId = await create(account, hsmRoot);
    assert.equal(hsm.keyNames().length, 1);
    assert.equal((await details(account, caId)).cluster_id, 'cluster-1');
    const { x509 } = await certificateOf(account, caId);
    assert.ok(x509.verify(x509.publicKey));
    assert.equal((await issueLeaf(account, caId)).status, 200);
    await scheduleDeletion(account, caId, 7);
    await jobs.runDue();
    assert.equal(hsm.keyNames().length, 1, 'until then it can be restored');
    clock.advance(7 * dayMs);
    await jobs.runDue();
    assert.deepEqual(hsm.keyNames(), []);
  });

  test('two nodes: a CA made by one issues on the other', async () => {
    const hsm = createTokenInMemory();
    const database = await openDatabase();
    const account = (await openBench(database, { token: hsm })).account();
    const caId = await create(account, hsmRoot);
    const elsewhere = (await openBench(database, { token: hsm })).account(account.accountId);
    assert.equal((await issueLeaf(elsewhere, caId)).status, 200);
  });
});

describe('hsm_cluster_info', () => {
  test('the key of a PENDING CA is in the token, and goes with it', async () => {
    const account = bench.account();
    const rootId = await create(account);
    const before = token.keyNames();
    const caId = await create(account, { ...pendingBody, hsm_cluster_info });
    assert.equal(token.keyNames().length, before.length + 1);
    const { body } = await account.send<{ csr: string }>('GET', `${path}/${caId}/csr`);
    assert.match(body.csr, /BEGIN CERTIFICATE REQUEST/);
    assertDone(await post(account, caId, 'activate', { ...activationBody(rootId), hsm_cluster_info }));
    assert.equal(token.keyNames().length, before.length + 1);
    assert.equal((await issueLeaf(account, caId)).status, 200);
    const pendingId = await create(account, { ...pendingBody, hsm_cluster_info });
    assertDone(await account.send('DELETE', `${path}/${pendingId}`));
    await bench.jobs.runDue();
    assert.equal(token.keyNames().length, before.length + 1);
  });

  test('a purchased CA gets its key in the token when it is activated, or created with its ca_id', async () => {
    const account = bench.account();
    const activatedId = await order(account);
    const { validity: _, ...information } = rootBody;
    const activation = { ...information, ...activationBody(''), hsm_cluster_info };
    const informedId = await order(account);
    assert.equal(await keysMadeBy(() => post(account, activatedId, 'activate', activation)), 1);
    assert.equal(await keysMadeBy(() => create(account, { ...hsmRoot, ca_id: informedId })), 1);
    for (const caId of [activatedId, informedId]) {
      const { status, cluster_id } = await details(account, caId);
      assert.deepEqual({ status, cluster_id }, { status: 'ACTIVED', cluster_id: 'cluster-1' });
    }
  });

  test('a subordinate CA in the software below one in the token, and the other way round', async () => {
    const account = bench.account();
    const [hardRoot, softRoot] = [await create(account, hsmRoot), await create(account)];
    const soft = await create(account, subordinateBody(hardRoot));
    const hard = await create(account, { ...subordinateBody(softRoot), hsm_cluster_info });
    assert.equal((await details(account, soft)).cluster_id, undefined);
    assert.equal((await details(account, hard)).cluster_id, 'cluster-1');
    for (const caId of [soft, hard]) assert.equal((await issueLeaf(account, caId)).status, 200);
  });

  test('hsm_ca_cert is a certificate: Base64 of the PEM, the Base64 in the PEM, or the PEM', async () => {
    const account = bench.account();
    const inner = certificatePem.replace(/-----.*-----|\s/g, '');
    for (const hsm_ca_cert of [inner, certificatePem])
      await create(account, { ...rootBody, hsm_cluster_info: { ...hsm_cluster_info, hsm_ca_cert } });
    for (const hsm_ca_cert of ['TUk=', '', 'MXXXXX', Buffer.from('text').toString('base64')]) {
      const body = { ...rootBody, hsm_cluster_info: { ...hsm_cluster_info, hsm_ca_cert } };
      assertRefused(await account.send('POST', path, body), 400, 'PCA.00020001', /hsm_ca_cert/);
    }
  });

  test('an SM2 key cannot be in an HSM', async () => {
    const body = { ...hsmRoot, key_algorithm: 'SM2', signature_algorithm: 'SM3' };
    assertRefused(await bench.account().send('POST', path, body), 400, 'PCA.00020102', /HSM/);
  });

  test('a key that exists is not moved: another place than it has is refused', async () => {
    const account = bench.account();
    const rootId = await create(account);
    const caId = await create(account, pendingBody);
    const body = { ...activationBody(rootId), hsm_cluster_info };
    assertRefused(await post(account, caId, 'activate', body), 400, 'PCA.00020001', /hsm_cluster_info/);
    assertDone(await post(account, caId, 'activate', activationBody(rootId)));
  });
});

describe('hsm_cluster_info can be used only by users in the whitelist', () => {
  test('an unknown cluster is refused, in creation and activation', async () => {
    const account = bench.account();
    const unknown = { ...hsm_cluster_info, hsm_cluster_id: 'cluster-2' };
    const body = { ...rootBody, hsm_cluster_info: unknown };
    assertRefused(await account.send('POST', path, body), 401, 'PCA.00000101', /whitelist/);
    const rootId = await create(account);
    const caId = await create(account, pendingBody);
    const activation = { ...activationBody(rootId), hsm_cluster_info: unknown };
    assertRefused(await post(account, caId, 'activate', activation), 401, 'PCA.00000101', /whitelist/);
  });

  for (const [names, status] of [
    [['test'], 200],
    [['other'], 401],
  ] as const)
    test(`an installation that names ${names}: ${status} for an account called test`, async () => {
      const options = { token: createTokenInMemory(), hsmAccountNames: names };
      const account = (await openSqliteBench(undefined, options)).account();
      const answer = await account.send('POST', path, hsmRoot);
      if (status === 200) assert.equal(answer.status, status);
      else assertRefused(answer, 401, 'PCA.00000101', /whitelist/);
    });
});

describe('an HSM that is away', () => {
  test('whatever needs its key is 500 PCA.00000004, names the cluster and leaves nothing; other CAs issue on', async () => {
    const { bench: own, token: away } = await open();
    const account = own.account();
    const caId = await create(account, hsmRoot);
    const softId = await create(account);
    away.setAvailable(false);
    const named = [500, 'PCA.00000004', /HSM cluster cluster-1 is not available/] as const;
    assertRefused(await account.send('POST', path, hsmRoot), ...named);
    assertRefused(await account.send('POST', path, subordinateBody(caId)), ...named);
    const { status, body } = await issueLeaf(account, caId);
    assert.equal(`${status} ${JSON.stringify(body).match(/PCA\.\d+/)}`, '500 PCA.00000004');
    assert.equal(await usedQuota(account), 2);
    assert.equal((await issueLeaf(account, softId)).status, 200);
    away.setAvailable(true);
    assert.equal((await issueLeaf(account, caId)).status, 200);
  });

  test('a creation that fails after its key was made does not leave it in the token', async () => {
    const memory = createTokenInMemory();
    let afterGeneration = async () => {};
    const slow: typeof memory = {
      ...memory,
      async generateKeyPair(...wanted) {
        const spki = await memory.generateKeyPair(...wanted);
        await afterGeneration();
        return spki;
      },
    };
    const own = await openSqliteBench(undefined, { token: slow });
    const account = own.account();
    const rootId = await create(account);
    afterGeneration = async () => assertDone(await post(account, rootId, 'disable'));
    const body = { ...subordinateBody(rootId), hsm_cluster_info };
    assertRefused(await account.send('POST', path, body), 403, 'PCA.00030201');
    assert.equal(memory.keyNames().length, 1);
    own.clock.advance(3_600_000);
    await own.jobs.runDue();
    assert.deepEqual(memory.keyNames(), []);
  });
});
