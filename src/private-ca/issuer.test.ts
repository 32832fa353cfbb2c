import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { describeOnEachDatabase } from '../../test/support/databases.ts';
import { parseCertificate } from '../pki/index.ts';
import { create, subordinateBody } from './authorities/authorities.fixture.ts';
import { chainFrom } from './chain.ts';
import { Issuers, requirePathLength } from './issuer.ts';
import { benchMigrations, openBench } from './private-ca.fixture.ts';
import type { CertificateAuthorityTable, PrivateCaTables } from './tables.ts';

const permitted = async () => {};

describeOnEachDatabase('issuers', benchMigrations, (open) => {
  async function start() {
    const bench = await openBench(await open());
    const account = bench.account();
    const rootId = await create(account);
    const caId = await create(account, { ...subordinateBody(rootId), path_length: 2 });
    const set = (id: string, changes: Partial<CertificateAuthorityTable>) =>
      bench.database.transaction((transaction) =>
        transaction
          .tables<PrivateCaTables>()
          .updateTable('certificate_authorities')
          .set(changes)
          .where('ca_id', '=', id)
          .execute(),
      );
    return { ...bench, accountId: account.accountId, rootId, caId, set, issuers: new Issuers(bench) };
  }

  test('an issuer has the names and the key of its certificate', async () => {
    const { accountId, caId, database, issuers } = await start();
    for (const issuer of [
      await issuers.load(accountId, caId, permitted),
      await issuers.load(accountId, caId, permitted),
    ]) {
      const [der] = await chainFrom(database, accountId, caId);
      const certificate = parseCertificate(der!);
      assert.deepEqual(Buffer.from(issuer.nameDer), Buffer.from(certificate.subjectDer));
      assert.deepEqual(issuer.keyIdentifier, certificate.known.subjectKeyIdentifier);
      assert.deepEqual(Buffer.from(issuer.signer.publicKeySpki), Buffer.from(certificate.spki));
      assert.deepEqual(issuer.validity, {
        notBefore: certificate.notBeforeMs,
        notAfter: certificate.notAfterMs,
      });
    }
  });

  test('it is asked again where the certificate is recorded: disabled, frozen, expired or gone meanwhile, it does not issue', async () => {
    const { accountId, caId, clock, database, issuers, set } = await start();
    const issuer = await issuers.load(accountId, caId, permitted);
    const record = () =>
      database.transaction((transaction) => issuers.requireStillIssuing(transaction, issuer));
    await record();
    await set(caId, { status: 'DISABLED' });
    await assert.rejects(record, { code: 'PCA.00030201', status: 403 });
    await set(caId, { status: 'ACTIVED', freeze_flag: 1 });
    await assert.rejects(record, { code: 'PCA.00030202', status: 403 });
    await set(caId, { freeze_flag: 0, status: 'PURGED' });
    await assert.rejects(record, { code: 'PCA.00030103', status: 404 });
    await set(caId, { status: 'ACTIVED' });
    await record();
    clock.advance(366 * 86_400_000);
    await assert.rejects(record, { code: 'PCA.00030201', message: /EXPIRED/ });
  });

  test('a CA is not disabled between that question and the commit', async () => {
    const { accountId, caId, database, issuers, set } = await start();
    const issuer = await issuers.load(accountId, caId, permitted);
    const order: string[] = [];
    const asked = Promise.withResolvers<void>();
    const disabling = asked.promise
      .then(() => set(caId, { status: 'DISABLED' }))
      .then(() => void order.push('disabled'));
    await database.transaction(async (transaction) => {
      await issuers.requireStillIssuing(transaction, issuer);
      asked.resolve();
      await Promise.race([disabling, delay(200)]);
      order.push('issued');
    });
    await disabling;
    assert.deepEqual(order, ['issued', 'disabled']);
  });

  test('a certificate that replaced another is read anew', async () => {
    const { accountId, caId, rootId, database, issuers, set } = await start();
    const before = await issuers.load(accountId, caId, permitted);
    const root = await database
      .tables<PrivateCaTables>()
      .selectFrom('certificate_authorities')
      .select(['serial_number', 'certificate_der'])
      .where('ca_id', '=', rootId)
      .executeTakeFirstOrThrow();
    await set(caId, root);
    assert.notDeepEqual((await issuers.load(accountId, caId, permitted)).keyIdentifier, before.keyIdentifier);
  });

  test('another account has no such issuer (404 PCA.00030103)', async () => {
    const { caId, issuers } = await start();
    await assert.rejects(issuers.load('f'.repeat(32), caId, permitted), {
      code: 'PCA.00030103',
      status: 404,
    });
  });

  test('path lengths get shorter on the way down; a root sets no limit', async () => {
    const { accountId, caId, issuers, rootId } = await start();
    assert.equal(requirePathLength(await issuers.load(accountId, rootId, permitted), 6), 6);
    const issuer = await issuers.load(accountId, caId, permitted);
    assert.equal(requirePathLength(issuer, 1), 1);
    assert.throws(() => requirePathLength(issuer, 2), { code: 'PCA.00020203', status: 400 });
  });

  test('a chain runs from the CA to the root, and ends where a certificate is missing', async () => {
    const { accountId, caId, database, rootId, set } = await start();
    assert.equal((await chainFrom(database, accountId, caId)).length, 2);
    assert.deepEqual(await chainFrom(database, 'f'.repeat(32), caId), []);
    await set(rootId, { certificate_der: null });
    assert.equal((await chainFrom(database, accountId, caId)).length, 1);
    await set(rootId, { certificate_der: Buffer.from([48, 0]), issuer_id: caId });
    assert.equal((await chainFrom(database, accountId, caId)).length, 32);
  });

  test('a serial number is used once by an issuer', async () => {
    const { database, rootId } = await start();
    const [row] = await database.tables<PrivateCaTables>().selectFrom('issued_serials').selectAll().execute();
    const again = database.transaction((transaction) =>
      transaction
        .tables<PrivateCaTables>()
        .insertInto('issued_serials')
        .values({ ...row!, subject_id: rootId })
        .execute(),
    );
    await assert.rejects(again);
  });
});
