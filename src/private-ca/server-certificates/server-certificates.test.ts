import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { type AuditRow, createIdentityDouble } from '../../../test/support/identity-double.ts';
import { createJobs } from '../../jobs/index.ts';
import { createKeyStore, openMasterKey } from '../../kms/index.ts';
import { generateKeyPair, oids, parseCertificate, validateChain } from '../../pki/index.ts';
import { FixedClock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { silentLog } from '../../platform/log.ts';
import { systemRandom } from '../../platform/random.ts';
import { createPrivateCa } from '../index.ts';
import { benchMigrations, testNowMs } from '../private-ca.fixture.ts';

const accountId = 'system';
const rootId = '11111111-1111-4111-8111-111111111111';
const caId = '22222222-2222-4222-8222-222222222222';
const own = { accountId, organization: 'Example', keyAlgorithm: 'EC256' } as const;
const root = { ...own, caId: rootId, issuerId: undefined, commonName: 'Root', years: 30 };
const issuing = { ...own, caId, issuerId: rootId, commonName: 'Issuing', years: 20 };

async function openWith(database: Database) {
  const common = { database, clock: new FixedClock(testNowMs), random: systemRandom, log: silentLog };
  const base64 = Buffer.alloc(32, 7).toString('base64');
  const source = { kind: 'environment', name: 'KEY', base64 } as const;
  const masterKey = await openMasterKey({ ...common, source });
  const jobs = createJobs(common);
  const keyStore = createKeyStore({ ...common, masterKey, token: undefined, scheduler: jobs });
  const privateCa = createPrivateCa({ ...common, identity: createIdentityDouble(), keyStore, jobs });
  const { records, serverCertificates } = privateCa;
  return { database, clock: common.clock, records, serverCertificates };
}

type Opened = Awaited<ReturnType<typeof openWith>>;

async function issue({ serverCertificates }: Opened) {
  return serverCertificates.issue({
    accountId,
    caId,
    subjectId: 'scs1590053258704',
    spki: (await generateKeyPair('EC256')).publicKeySpki,
    subject: { commonName: 'www.example.test' },
    names: [{ type: 'DNS', value: 'www.example.test' }],
    validityDays: 90,
    policies: ['2.23.140.1.2.1'],
  });
}

describeOnEachDatabase('server certificates', benchMigrations, (openDatabase) => {
  test("an installation's own CA is made once, and what it issues chains to it by every policy", async () => {
    const opened = await openWith(await openDatabase());
    const { serverCertificates } = opened;
    await Promise.all([root, root, root].map((each) => serverCertificates.ensureAuthority(each)));
    await Promise.all([issuing, issuing].map((each) => serverCertificates.ensureAuthority(each)));
    await serverCertificates.ensureAuthority(issuing);
    const chain = (await serverCertificates.chain(accountId, caId)).map(parseCertificate);
    assert.equal(chain.length, 2);
    assert.equal(chain[0]!.known.certificatePolicies?.[0]?.oid, oids.anyPolicy);
    assert.equal(chain[1]!.known.certificatePolicies, undefined);
    const { certificateDer, chainDer } = await issue(opened);
    assert.deepEqual(
      chainDer.map(parseCertificate).map(({ der }) => der),
      [chain[0]!.der],
    );
    const result = await validateChain([parseCertificate(certificateDer), ...chain], { atMs: testNowMs });
    assert.deepEqual(result, { valid: true });
    assert.deepEqual(await serverCertificates.chain(accountId, rootId.replaceAll('1', '3')), []);
  });

  test('the books of an issuance and of its revocation are those of the transaction', async () => {
    const opened = await openWith(await openDatabase());
    const { clock, database, records, serverCertificates } = opened;
    await serverCertificates.ensureAuthority(root);
    await serverCertificates.ensureAuthority(issuing);
    const issued = await issue(opened);
    const status = () => records.findSerials(database, caId, issued.serialNumbers);
    const undone = database.transaction(async (transaction) => {
      await issued.record(transaction);
      throw new Error('undone');
    });
    await assert.rejects(undone, /undone/);
    assert.deepEqual(await status(), []);
    await database.transaction((transaction) => issued.record(transaction));
    assert.equal((await status())[0]!.revoked_at, null);

    const revoke = (reason: string) =>
      database.transaction((transaction) => serverCertificates.revoke(transaction, issued, reason));
    await revoke('certificateHold');
    const held = clock.nowMs();
    clock.advance(5000);
    // A hold is made final, from when it began; what is final stays.
    await revoke('keyCompromise');
    await revoke('superseded');
    await revoke('certificateHold');
    const [row] = await status();
    assert.deepEqual([row!.revoked_at, row!.revocation_reason], [held, 'KEY_COMPROMISE']);
    const audits = await database
      .tables<{ test_audit: AuditRow }>()
      .selectFrom('test_audit')
      .selectAll()
      .execute();
    assert.deepEqual(
      audits.filter(({ detail }) => detail !== null).map(({ action, resource_id }) => [action, resource_id]),
      [
        ['pca:ca:issueCertByCsr', caId],
        ['pca:ca:revokeCert', caId],
        ['pca:ca:revokeCert', caId],
      ],
    );
  });

  test('reasons that no CRL has are unspecified', async () => {
    const opened = await openWith(await openDatabase());
    const { database, records, serverCertificates } = opened;
    await serverCertificates.ensureAuthority(root);
    await serverCertificates.ensureAuthority(issuing);
    const issued = await issue(opened);
    await database.transaction(async (transaction) => {
      await issued.record(transaction);
      await serverCertificates.revoke(transaction, issued, 'boredom');
    });
    const [row] = await records.findSerials(database, caId, issued.serialNumbers);
    assert.equal(row!.revocation_reason, 'UNSPECIFIED');
  });
});
