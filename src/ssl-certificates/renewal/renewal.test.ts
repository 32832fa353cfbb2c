import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import type { InjectedAccount } from '../../../test/support/injected-accounts.ts';
import { releaseFreeCertificate, takeFreeCertificates } from '../certificates/account-usage-store.ts';
import {
  changeCertificate,
  findCertificate,
  type SslCertificate,
} from '../certificates/certificate-store.ts';
import type { SslConfiguration } from '../configuration.ts';
import { recordDeployment } from '../deployments/deployment-store.ts';
import { mailbox } from '../notifications/notifications.fixture.ts';
import { findOrder } from '../orders/order-store.ts';
import { freeCertificateLimit } from '../orders/product.ts';
import { type Bench, type BenchOutside, benchMigrations, openBench } from '../ssl-certificates.fixture.ts';
import { storeCertificate } from '../stored-certificate.fixture.ts';
import type { SslCertificateTables } from '../tables.ts';
import { tagClient } from '../tags/tags.fixture.ts';
import { TargetFailure } from '../targets/target.ts';
import { renewCertificate } from './renew-certificate.ts';
import {
  application,
  generatedRequest,
  issuerDouble,
  lifetimeMs,
  targetDouble,
  validatorsDouble,
} from './renewal.fixture.ts';

const dayMs = 86_400_000;

describeOnEachDatabase('renewal', benchMigrations, (open) => {
  let issuer: Awaited<ReturnType<typeof issuerDouble>>;
  let validators: ReturnType<typeof validatorsDouble>;
  let mail: ReturnType<typeof mailbox>;
  let bench: Bench;
  let account: InjectedAccount;

  beforeEach(async () => {
    issuer = await issuerDouble();
    validators = validatorsDouble();
    mail = mailbox();
    await start();
  });

  function outside(configuration: SslConfiguration = {}): BenchOutside {
    const { issuers } = issuer;
    return { issuers, validators: validators.validators, mailer: mail, configuration };
  }

  async function start(configuration: SslConfiguration = {}, more: BenchOutside = {}): Promise<void> {
    bench = await openBench(await open(), { ...outside(configuration), ...more });
    issuer.clock = bench.clock;
    account = bench.account();
    await bench.ensureJobs();
    await bench.jobs.runDue();
  }

  /** Bought for so many years, applied for, verified and issued. */
  async function issued(years: number, body: object = application, columns = {}): Promise<string> {
    const bought = { remaining_count: years - 1, ...columns };
    const id = await storeCertificate(bench, account.accountId, bought);
    const answer = await account.send('POST', `/v3/scm/certificates/${id}/apply`, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    await bench.jobs.runDue();
    assert.equal((await rowOf(id)).status, 'ISSUED');
    return id;
  }

  async function rowOf(id: string): Promise<SslCertificate> {
    return (await findCertificate(bench.database, account.accountId, id))!;
  }

  function all(): Promise<SslCertificate[]> {
    return bench.database
      .tables<SslCertificateTables>()
      .selectFrom('ssl_certificates')
      .selectAll()
      .where('account_id', '=', account.accountId)
      .orderBy('created_at')
      .execute();
  }

  async function advance(ms: number): Promise<void> {
    bench.clock.advance(ms);
    await bench.jobs.runDue();
  }

  test("a multi-year certificate is a series: the next one is applied for with the first one's data 30 days before expiry", async () => {
    const first = await issued(3);
    await advance(lifetimeMs - 30 * dayMs - 60_000);
    assert.equal((await all()).length, 1);
    await advance(120_000);
    const [before, next, ...more] = await all();
    assert.deepEqual(more, []);
    assert.deepEqual(
      [before?.certificate_id, before?.successor_id, before?.remaining_count],
      [first, next?.certificate_id, 0],
    );
    assert.deepEqual([next?.predecessor_id, next?.remaining_count, next?.status], [first, 1, 'ISSUED']);
    const specification = (row: SslCertificate | undefined) => [
      row?.order_id,
      row?.name,
      row?.brand,
      row?.type,
      row?.domain_type,
      row?.domain_count,
      row?.validity_months,
      row?.domain,
      row?.sans,
      row?.enterprise_project_id,
    ];
    assert.deepEqual(specification(next), specification(before));
    const [one, other] = issuer.asked;
    assert.deepEqual(
      [other?.names, other?.method, other?.applicantEmail],
      [one?.names, 'DNS', 'ann@example.test'],
    );
    // A key of its own.
    assert.notDeepEqual(other?.csrDer, one?.csrDer);
    assert.notEqual(next?.key_id, before?.key_id);
    assert.deepEqual([other?.keyAlgorithm, before?.status], [one?.keyAlgorithm, 'ISSUED']);
  });

  test('the series goes on until what was bought is used up, however far the clock is moved', async () => {
    await issued(3);
    for (let year = 0; year < 6; year += 1) await advance(lifetimeMs);
    const rows = await all();
    assert.deepEqual(
      rows.map((row) => [row.status, row.remaining_count]),
      [
        ['ISSUED', 0],
        ['ISSUED', 0],
        ['ISSUED', 0],
      ],
    );
    for (const [index, row] of rows.entries()) {
      assert.equal(row.predecessor_id, rows[index - 1]?.certificate_id ?? null);
      assert.equal(row.successor_id, rows[index + 1]?.certificate_id ?? null);
    }
    assert.ok(mail.mails.filter(({ subject }) => subject.includes('was issued')).length === 3);
  });

  test('one year is one certificate', async () => {
    await issued(1);
    await advance(2 * lifetimeMs);
    assert.equal((await all()).length, 1);
  });

  test('tags and notice settings go on to the next one', async () => {
    const first = await issued(2);
    await tagClient(account).create(first, { key: 'team', value: 'pki' });
    const body = [{ resource_id: first, notice_type: ['CERT_EXPIRED'] }];
    assert.equal((await account.send('POST', '/v3/scm/notification/disable', body)).status, 204);
    await advance(lifetimeMs - 29 * dayMs);
    const next = (await all())[1]!;
    assert.deepEqual(await tagClient(account).tagsOf(next.certificate_id), [{ key: 'team', value: 'pki' }]);
    assert.deepEqual([next.notify_expiring, next.notify_expired], [1, 0]);
  });

  test('exactly once: several nodes at the same time, and a node that dies in the middle', async () => {
    const first = await issued(2);
    bench.clock.advance(lifetimeMs - 29 * dayMs);
    const job = { key: first, accountId: account.accountId };
    let calls = 0;
    const dying = {
      ...bench.ports,
      identity: {
        ...bench.ports.identity,
        recordAudit: async () => {
          calls += 1;
          throw new Error('killed');
        },
      },
    };
    await assert.rejects(renewCertificate(dying, job), /killed/);
    assert.equal(calls, 1);
    assert.equal((await all()).length, 1);
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => renewCertificate(bench.ports, job)));
    assert.ok(outcomes.some(({ status }) => status === 'fulfilled'));
    await bench.jobs.runDue();
    await renewCertificate(bench.ports, job);
    await advance(dayMs);
    assert.equal((await all()).length, 2);
    assert.equal(issuer.asked.length, 2);
  });

  test('an issuer that cannot be reached delays, and the time of verification does not end meanwhile', async () => {
    await issued(2);
    issuer.failure = new Error('down');
    await advance(lifetimeMs - 29 * dayMs);
    assert.deepEqual(
      (await all()).map(({ status }) => status),
      ['ISSUED', 'ISSUING'],
    );
    issuer.failure = undefined;
    await advance(3_600_000);
    assert.deepEqual(
      (await all()).map(({ status }) => status),
      ['ISSUED', 'ISSUED'],
    );
  });

  test('a renewal that waits for somebody is told after an hour, with what it waits for', async () => {
    await issued(2);
    validators.isFound = false;
    await advance(lifetimeMs - 29 * dayMs);
    const next = (await all())[1]!;
    assert.equal(next.status, 'CHECKING_DOMAIN');
    const waiting = () => mail.mails.filter(({ subject }) => subject.includes('waits'));
    assert.deepEqual(waiting(), []);
    await advance(3_700_000);
    assert.equal(waiting().length, 1);
    assert.equal(waiting()[0]?.to, 'ann@example.test');
    assert.match(waiting()[0]?.text ?? '', new RegExp(`${next.certificate_id}.*`));
    assert.match(waiting()[0]?.text ?? '', /names have to be verified/);
    validators.isFound = true;
    await advance(dayMs);
    assert.equal((await rowOf(next.certificate_id)).status, 'ISSUED');
    await advance(dayMs);
    assert.equal(waiting().length, 1);
  });

  test('one that cannot be applied for with the old data is there, paid for, and who has to apply is told', async () => {
    const first = await issued(2);
    // What was bought allows no such name any more: as if the rules had changed.
    await bench.database.transaction(async (transaction) => {
      await changeCertificate(transaction, await rowOf(first), { domain_type: 'WILDCARD' });
    });
    await advance(lifetimeMs - 29 * dayMs);
    const next = (await all())[1]!;
    assert.deepEqual([next.status, next.predecessor_id, next.domain], ['PAID', first, '']);
    const told = mail.mails.find(({ subject }) => subject.includes('waits'));
    assert.match(told?.text ?? '', /has to be applied for.*wildcard/);
    await advance(30 * dayMs);
    assert.equal((await all()).length, 2);
  });

  test('an application that fails is told, with why', async () => {
    await issued(2);
    validators.isFound = false;
    await advance(lifetimeMs - 29 * dayMs);
    await advance(8 * dayMs);
    assert.equal((await all())[1]?.status, 'UNPASSED');
    await bench.jobs.runDue();
    const failed = mail.mails.filter(({ subject }) => subject.includes('was not issued'));
    assert.deepEqual(
      failed.map(({ to }) => to),
      ['ann@example.test'],
    );
    assert.match(failed[0]?.text ?? '', /time for verification is over; not verified: www\.example\.test/);
  });

  test('a certificate that cannot be brought where the one before it was is told once, and brought later', async () => {
    const places = targetDouble();
    await start({}, { targets: places.targets });
    const first = await issued(2);
    await bench.database.transaction((transaction) =>
      recordDeployment(transaction, {
        certificate_id: first,
        account_id: account.accountId,
        service: 'ELB',
        project: 'p',
        resource_id: 'listener',
        resource_type: '',
        resource_enterprise_project_id: '0',
        resource_name: '',
        target_certificate_id: 't',
        deployed_at: 1,
      }),
    );
    places.failure = new TargetFailure('unavailable', 'It was down.');
    await advance(lifetimeMs - 29 * dayMs);
    for (let hour = 0; hour < 5; hour += 1) await advance(3_600_000);
    const told = mail.mails.filter(({ subject }) => subject.includes('could not be deployed'));
    assert.equal(told.length, 1);
    assert.match(told[0]?.text ?? '', /listener.*It was down\./);
    places.failure = undefined;
    await advance(2 * 3_600_000);
    assert.deepEqual(places.deployed, [(await all())[1]?.certificate_id]);
  });

  test('a revoked certificate is not followed, nor one that is gone', async () => {
    const revoked = await issued(2);
    const gone = await issued(2);
    await bench.database.transaction(async (transaction) => {
      await changeCertificate(transaction, await rowOf(revoked), { status: 'REVOKED' });
      await transaction
        .tables<SslCertificateTables>()
        .deleteFrom('ssl_certificates')
        .where('certificate_id', '=', gone)
        .execute();
    });
    await advance(2 * lifetimeMs);
    assert.equal((await all()).length, 1);
  });

  test('the applicant who keeps the key is asked for no other: the same CSR is certified again', async () => {
    const csr = await generatedRequest('www.example.test');
    await issued(2, { ...application, csr });
    await advance(lifetimeMs - 29 * dayMs);
    const [one, other] = issuer.asked;
    assert.deepEqual(other?.csrDer, one?.csrDer);
    assert.equal((await all())[1]?.key_id, null);
  });

  test('after_series reorder: goes on with a new order for one period each, without end', async () => {
    await start({ renewal: { after_series: 'reorder' } });
    const first = await issued(1);
    for (let year = 0; year < 4; year += 1) await advance(lifetimeMs - 29 * dayMs);
    const rows = await all();
    assert.equal(rows.length, 5);
    assert.equal(new Set(rows.map((row) => row.order_id)).size, 5);
    assert.deepEqual(
      new Set(rows.map(({ status, remaining_count }) => `${status} ${remaining_count}`)),
      new Set(['ISSUED 0']),
    );
    const { order_id: orderId, certificate_id: id } = rows[1]!;
    const order = await findOrder(bench.database, account.accountId, orderId!);
    assert.deepEqual(
      [order?.kind, order?.items[0]?.certificateIds, order?.paidMs],
      ['purchase', [id], order?.createdMs],
    );
    const { resources } = await tagClient(account).find({ limit: 50 });
    assert.ok(resources.slice(0, 4).every((found) => found.resource_detail.origin_cert_id === first));
    assert.deepEqual(
      resources.map((found) => found.resource_detail.auto_renew_status),
      [1, 0, 0, 0, 0],
    );
  });

  test('after_series is found by the daily look for certificates that were issued before it was set', async () => {
    await issued(1);
    const other = await openBench(bench.database, outside({ renewal: { after_series: 'reorder' } }));
    other.clock.advance(lifetimeMs - 29 * dayMs);
    bench.clock.advance(lifetimeMs - 29 * dayMs);
    await other.jobs.runDue();
    assert.equal((await all()).length, 2);
  });

  test('free certificates are counted: one that was bought is followed, one more is not ordered beyond the limit', async () => {
    await start({ renewal: { after_series: 'reorder' } });
    const free = { type: 'DV_SSL_CERT_BASIC' };
    const series = await issued(2, application, free);
    const single = await issued(1, application, free);
    const take = (amount: number) =>
      bench.database.transaction((transaction) =>
        takeFreeCertificates(transaction, account.accountId, { amount, limit: freeCertificateLimit }),
      );
    assert.equal(await take(freeCertificateLimit), true);
    await advance(lifetimeMs - 29 * dayMs);
    assert.ok((await rowOf(series)).successor_id);
    assert.equal((await rowOf(single)).successor_id, null);
    await bench.database.transaction(async (transaction) => {
      for (let left = 2; left > 0; left -= 1) await releaseFreeCertificate(transaction, account.accountId);
    });
    await advance(3_600_000);
    assert.ok((await rowOf(single)).successor_id);
    assert.equal(await take(1), false);
  });

  test('renewal.days_before moves the day', async () => {
    await start({ renewal: { days_before: 10 } });
    await issued(2);
    await advance(lifetimeMs - 11 * dayMs);
    assert.equal((await all()).length, 1);
    await advance(2 * dayMs);
    assert.equal((await all()).length, 2);
  });

  test('a certificate without a job is found by the daily look', async () => {
    const first = await issued(2);
    await bench.database.transaction((transaction) =>
      bench.ports.jobs.cancel(transaction, 'ssl:renewal', first),
    );
    await advance(lifetimeMs - 29 * dayMs);
    await advance(dayMs);
    assert.equal((await all()).length, 2);
  });

  test('what was done is in the audit trail of the account, by a system actor', async () => {
    const first = await issued(2);
    await advance(lifetimeMs - 29 * dayMs);
    const next = (await all())[1]!;
    const records = await bench.audits(account.accountId);
    assert.ok(
      records.some(
        (record) =>
          record.principal_id === 'ssl-renewal' &&
          record.resource_id === next.certificate_id &&
          record.detail === `follows ${first}`,
      ),
    );
  });
});
