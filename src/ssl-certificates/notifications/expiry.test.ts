import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { beforeEach, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { Progress } from '../../jobs/index.ts';
import { changeCertificate, findCertificate } from '../certificates/certificate-store.ts';
import type { SslConfiguration } from '../configuration.ts';
import { type Bench, benchMigrations, openBench, testNowMs } from '../ssl-certificates.fixture.ts';
import { storeCertificate } from '../stored-certificate.fixture.ts';
import type { SslCertificateTables } from '../tables.ts';
import { createExpirySweep, sweepJob } from './expiry-sweep.ts';
import { dayMs, hourMs, mailbox, receiver } from './notifications.fixture.ts';
import { deliveryKind } from './tell.ts';

const url = 'https://hook.example.test/events';
const configuration: SslConfiguration = {
  notifications: { emails: [{ address: 'pki@example.test' }], webhooks: [{ url, secret: 'shared' }] },
};
const notAfter = testNowMs + 365 * dayMs;
const issued = { status: 'ISSUED', domain: 'www.example.test', not_after: notAfter } as const;

describeOnEachDatabase('notices of expiry', benchMigrations, (open) => {
  let mail: ReturnType<typeof mailbox>;
  let hook: ReturnType<typeof receiver>;
  let bench: Bench;
  let accountId: string;

  beforeEach(async () => {
    mail = mailbox();
    hook = receiver();
    bench = await openBench(await open(), { configuration, mailer: mail, outbound: hook.outbound });
    accountId = bench.account().accountId;
    await bench.ensureJobs();
    await bench.jobs.runDue();
  });

  const store = (columns: Parameters<typeof storeCertificate>[2] = {}) =>
    storeCertificate(bench, accountId, { ...issued, ...columns });
  async function advance(ms: number): Promise<void> {
    bench.clock.advance(ms);
    await bench.jobs.runDue();
  }
  /** The occasions that were told by webhook, in order. */
  const occasions = () => hook.events.map(({ id }) => id.slice(id.indexOf('.') + 1));

  test('30, 15, 7, 3 and 1 days before, and at the end: once each, by mail and webhook', async () => {
    const id = await store();
    await advance(330 * dayMs);
    for (let day = 0; day < 40; day += 1) await advance(dayMs);
    const expected = ['CERT_EXPIRING-30', 'CERT_EXPIRING-15', 'CERT_EXPIRING-7', 'CERT_EXPIRING-3'];
    assert.deepEqual(occasions(), [...expected, 'CERT_EXPIRING-1', 'CERT_EXPIRED']);
    assert.equal(mail.mails.length, 6);
    const [first] = mail.mails;
    assert.equal(first?.to, 'pki@example.test');
    assert.equal(first?.subject, 'Certificate of www.example.test ends on 2025-03-15 10:20:30 UTC');
    assert.match(first?.text ?? '', new RegExp(`\\(${id}\\).*${accountId}`));
    assert.match(first?.text ?? '', new RegExp(`Notice ${id}\\.CERT_EXPIRING-30`));
    assert.match(mail.mails[5]?.subject ?? '', /ended on 2025-03-15/);
  });

  test('imported certificates as well; others that were not issued, or were revoked, not', async () => {
    const imported = await store({ status: 'UPLOAD', order_id: null });
    for (const status of ['PAID', 'CHECKING_DOMAIN', 'REVOKED', 'UNPASSED'] as const) await store({ status });
    await advance(340 * dayMs);
    assert.deepEqual(
      hook.events.map(({ id }) => id),
      [`${imported}.CERT_EXPIRING-30`],
    );
  });

  test('a webhook is signed under the id of the notice and tells the certificate', async () => {
    const id = await store({ sans: 'a.example.test;b.example.test', name: 'my-cert', fingerprint: 'ab' });
    await advance(360 * dayMs);
    const [event] = hook.events;
    assert.deepEqual([event?.url, event?.id], [url, `${id}.CERT_EXPIRING-7`]);
    const signed = `${event?.id}.${event?.headers['webhook-timestamp']}.${event?.text}`;
    const signature = createHmac('sha256', 'shared').update(signed).digest('base64');
    assert.equal(event?.headers['webhook-signature'], `v1,${signature}`);
    const { type, timestamp, data } = JSON.parse(event?.text ?? '');
    assert.deepEqual(
      [type, timestamp],
      ['certificate.expiring', new Date(testNowMs + 360 * dayMs).toISOString()],
    );
    assert.partialDeepStrictEqual(data, {
      notice_id: `${id}.CERT_EXPIRING-7`,
      account_id: accountId,
      certificate_id: id,
      name: 'my-cert',
      domain: 'www.example.test',
      sans: 'a.example.test;b.example.test',
      not_after: new Date(notAfter).toISOString(),
      fingerprint: 'ab',
      days_before: 7,
    });
  });

  test('whoever was away gets the nearest occasion, not all that went by', async () => {
    await store();
    await advance(363 * dayMs);
    assert.deepEqual(occasions(), ['CERT_EXPIRING-3']);
    await advance(30 * dayMs);
    assert.deepEqual(occasions(), ['CERT_EXPIRING-3', 'CERT_EXPIRED']);
    await advance(365 * dayMs);
    assert.equal(hook.events.length, 2);
  });

  test('what ended before anybody looked is no news', async () => {
    await store({ status: 'UPLOAD', not_after: testNowMs - dayMs });
    await advance(hourMs);
    assert.deepEqual(hook.events, []);
  });

  test('what is switched off is not told; switched on again, the occasion that is due is', async () => {
    const account = bench.account(accountId);
    const id = await store();
    const settings = [{ resource_id: id, notice_type: ['CERT_EXPIRING'] }];
    await account.send('POST', '/v3/scm/notification/disable', settings);
    await advance(355 * dayMs);
    assert.deepEqual(occasions(), []);
    await account.send('POST', '/v3/scm/notification/enable', settings);
    await advance(hourMs);
    assert.deepEqual(occasions(), ['CERT_EXPIRING-15']);
    await account.send('POST', '/v3/scm/notification/disable', [
      { resource_id: id, notice_type: ['CERT_EXPIRED'] },
    ]);
    await advance(20 * dayMs);
    assert.deepEqual(occasions(), ['CERT_EXPIRING-15']);
  });

  test('the end of what has an issued successor is not told; of one whose successor waits, with that', async () => {
    const followed = await store();
    const waiting = await store();
    for (const [id, status] of [
      [followed, 'ISSUED'],
      [waiting, 'CHECKING_DOMAIN'],
    ] as const) {
      const successor = await store({ status, not_after: status === 'ISSUED' ? notAfter + 365 * dayMs : 0 });
      await bench.database.transaction(async (transaction) => {
        const seen = await findCertificate(transaction, accountId, id);
        await changeCertificate(transaction, seen!, { successor_id: successor });
      });
    }
    await advance(340 * dayMs);
    assert.deepEqual(
      hook.events.map(({ id }) => id),
      [`${waiting}.CERT_EXPIRING-30`],
    );
    assert.match(hook.events[0]?.text ?? '', /is CHECKING_DOMAIN/);
    await advance(30 * dayMs);
    assert.deepEqual(occasions(), ['CERT_EXPIRING-30', 'CERT_EXPIRED']);
  });

  test('of several nodes one tells', async () => {
    const others = { mail: mailbox(), hook: receiver() };
    const outside = { configuration, mailer: others.mail, outbound: others.hook.outbound };
    const other = await openBench(bench.database, outside);
    await other.ensureJobs();
    for (let index = 0; index < 5; index += 1) await store();
    for (let day = 0; day < 370; day += day < 330 ? 55 : 5) {
      const step = day < 330 ? 55 * dayMs : 5 * dayMs;
      bench.clock.advance(step);
      other.clock.advance(step);
      await Promise.all([bench.jobs.runDue(), other.jobs.runDue()]);
    }
    const ids = [...hook.events, ...others.hook.events].map(({ id }) => id);
    assert.equal(ids.length, new Set(ids).size);
    assert.equal(ids.filter((id) => id.endsWith('CERT_EXPIRED')).length, 5);
    assert.equal(mail.mails.length + others.mail.mails.length, ids.length);
  });

  test('a sweep that dies in the middle, or runs twice, tells everything once', async () => {
    for (let index = 0; index < 3; index += 1) await store();
    bench.clock.advance(340 * dayMs);
    const { ports } = bench;
    let left = 2;
    const dying = {
      ...ports,
      jobs: {
        ...ports.jobs,
        schedule: async (...given: Parameters<typeof ports.jobs.schedule>) => {
          if (left === 0) throw new Error('killed');
          left -= 1;
          return ports.jobs.schedule(...given);
        },
      },
    };
    const job = { ...sweepJob, dueMs: 0, attempt: 1 };
    // Two recipients for each: the second certificate's notice is undone with its jobs.
    await assert.rejects(async () => createExpirySweep(dying)(job, new Progress()), /killed/);
    await createExpirySweep(ports)(job, new Progress());
    await createExpirySweep(ports)(job, new Progress());
    await bench.jobs.runDue();
    assert.deepEqual([hook.events.length, new Set(hook.events.map(({ id }) => id)).size], [3, 3]);
    assert.equal(mail.mails.length, 3);
  });

  test('more certificates than a page holds are all told', async () => {
    const rows = 210;
    await store();
    await bench.database.transaction(async (transaction) => {
      const tables = transaction.tables<SslCertificateTables>();
      const row = await tables.selectFrom('ssl_certificates').selectAll().executeTakeFirstOrThrow();
      for (let index = 1; index < rows; index += 1) {
        const certificate_id = `scs${String(index).padStart(13, '0')}`;
        await tables
          .insertInto('ssl_certificates')
          .values({ ...row, certificate_id })
          .execute();
      }
    });
    bench.clock.advance(340 * dayMs);
    await createExpirySweep(bench.ports)({ ...sweepJob, dueMs: 0, attempt: 1 }, new Progress());
    const deliveries = await bench.database
      .tables<{ jobs: { kind: string; key: string } }>()
      .selectFrom('jobs')
      .select('key')
      .where('kind', '=', deliveryKind)
      .execute();
    assert.equal(deliveries.length, 2 * rows);
  });
});
