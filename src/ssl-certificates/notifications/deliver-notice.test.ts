import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCertificate } from '../certificates/certificate-store.ts';
import type { SslConfiguration } from '../configuration.ts';
import { openSqliteBench } from '../ssl-certificates.fixture.ts';
import { storeCertificate } from '../stored-certificate.fixture.ts';
import { storeApplication } from './application.fixture.ts';
import type { Occasion } from './notice.ts';
import { dayMs, hourMs, mailbox, receiver } from './notifications.fixture.ts';
import { tell } from './tell.ts';

const url = 'https://hook.example.test/events';
const notifications = {
  emails: [{ address: 'pki@example.test' }],
  webhooks: [{ url, secret: 'shared' }],
};

async function setUp(configuration: SslConfiguration = { notifications }) {
  const mail = mailbox();
  const hook = receiver();
  const bench = await openSqliteBench({ configuration, mailer: mail, outbound: hook.outbound });
  const { accountId } = bench.account();
  const id = await storeCertificate(bench, accountId, {
    status: 'ISSUED',
    not_after: bench.clock.nowMs() + dayMs,
  });
  const told = async (occasion: Occasion = { kind: 'CERT_ISSUED' }, of = { id, accountId }) => {
    await bench.database.transaction(async (transaction) => {
      const certificate = await findCertificate(transaction, of.accountId, of.id);
      await tell(bench.ports, transaction, certificate!, occasion);
    });
    await bench.jobs.runDue();
  };
  const advance = async (ms: number) => {
    bench.clock.advance(ms);
    await bench.jobs.runDue();
  };
  return { mail, hook, bench, accountId, id, told, advance };
}

test('a mail server that is down delays a notice, and keeps no other recipient waiting', async () => {
  const { mail, hook, told, advance } = await setUp();
  mail.failure = new Error('connection refused');
  await told();
  assert.deepEqual([mail.mails.length, hook.events.length], [0, 1]);
  for (let hour = 0; hour < 12; hour += 1) await advance(hourMs);
  assert.equal(mail.mails.length, 0);
  mail.failure = undefined;
  await advance(2 * hourMs);
  assert.deepEqual([mail.mails.length, hook.events.length], [1, 1]);
  await advance(dayMs);
  assert.equal(mail.mails.length, 1);
});

test('a webhook that does not accept is tried again with the same id, further and further apart', async () => {
  const { hook, id, told, advance } = await setUp();
  hook.answer.status = 503;
  await told();
  for (let second = 0; second < 64; second += 1) await advance(1_000);
  // After 1, 2, 4, 8, 16 and 32 seconds more.
  assert.equal(hook.events.length, 7);
  hook.answer.status = 200;
  await advance(hourMs);
  assert.deepEqual([...new Set(hook.events.map((event) => event.id))], [`${id}.CERT_ISSUED`]);
  const tried = hook.events.length;
  await advance(dayMs);
  assert.equal(hook.events.length, tried);
});

test('of many notices to a place that does not answer few are tried at a time; none is lost', async () => {
  const { hook, bench, accountId, told, advance } = await setUp({
    notifications: { webhooks: notifications.webhooks },
  });
  hook.answer.status = 500;
  const ids: string[] = [];
  for (let index = 0; index < 40; index += 1) ids.push(await storeCertificate(bench, accountId));
  for (const id of ids) await told({ kind: 'CERT_ISSUED' }, { id, accountId });
  assert.ok(hook.events.length <= 4, `${hook.events.length} attempts`);
  hook.answer.status = 200;
  hook.events.length = 0;
  await advance(hourMs);
  await advance(hourMs);
  assert.deepEqual(new Set(hook.events.map(({ id }) => id)), new Set(ids.map((id) => `${id}.CERT_ISSUED`)));
  assert.equal(hook.events.length, 40);
});

test('a recipient that the mail server refuses keeps the others not waiting, and is given up after 30 days', async () => {
  const { mail, bench, told, advance } = await setUp();
  const send = mail.send.bind(mail);
  let refused = 0;
  mail.send = async (message) => {
    if (message.subject.includes('could not be deployed')) {
      refused += 1;
      throw Object.assign(new Error('no such mailbox'), { responseCode: 550 });
    }
    await send(message);
  };
  await told({ kind: 'DEPLOYMENT_FAILED', attempt: 1, reason: 'It was down.' });
  await told();
  assert.deepEqual([refused, mail.mails.length], [1, 1]);
  for (let day = 0; day < 31; day += 1) await advance(dayMs);
  assert.ok(refused >= 25);
  assert.equal((await bench.jobs.backlog()).count, 0);
  const last = refused;
  await advance(10 * dayMs);
  assert.equal(refused, last);
});

test('the same occasion is told once, another failure is another occasion', async () => {
  const { mail, told } = await setUp();
  await told();
  await told();
  assert.equal(mail.mails.length, 1);
  await told({ kind: 'APPLICATION_FAILED', attempt: 1, reason: 'The names were not verified.' });
  await told({ kind: 'APPLICATION_FAILED', attempt: 2, reason: 'The CA refused.' });
  assert.equal(mail.mails.length, 3);
  assert.match(mail.mails[1]?.text ?? '', /was not issued\. The names were not verified\./);
  await told({ kind: 'RENEWAL_WAITING', reason: 'Write the record.' });
  assert.match(mail.mails[3]?.text ?? '', /waits to be verified\. Write the record\./);
});

test('recipients of one account are told nothing of another', async () => {
  const one = { address: 'one@example.test', account_id: '1'.repeat(32) };
  const all = { address: 'all@example.test' };
  const webhooks = [{ url, secret: 's', account_id: '1'.repeat(32) }];
  const { mail, hook, told, bench } = await setUp({ notifications: { emails: [one, all], webhooks } });
  await told();
  assert.deepEqual(
    mail.mails.map(({ to }) => to),
    ['all@example.test'],
  );
  assert.deepEqual(hook.events, []);
  const id = await storeCertificate(bench, one.account_id, { not_after: 1 });
  await told({ kind: 'CERT_ISSUED' }, { id, accountId: one.account_id });
  assert.deepEqual(mail.mails.map(({ to }) => to).sort(), [
    'all@example.test',
    'all@example.test',
    'one@example.test',
  ]);
  assert.equal(hook.events.length, 1);
});

test('the applicant and the contact are told, each once, unless the configuration says otherwise', async () => {
  for (const applicants of [undefined, false]) {
    const { mail, bench, id, accountId, told } = await setUp({
      notifications: { emails: notifications.emails, ...(applicants === false && { applicants }) },
    });
    const applicant = JSON.stringify({
      applicant_email: 'applicant@example.test',
      contact_email: 'pki@example.test',
    });
    await bench.database.transaction((transaction) =>
      storeApplication(transaction, { certificate_id: id, account_id: accountId, applicant }),
    );
    await told();
    const expected = applicants === false ? [] : ['applicant@example.test'];
    assert.deepEqual(mail.mails.map(({ to }) => to).sort(), [...expected, 'pki@example.test']);
  }
});

test('a tenant whose recipients cannot be sent to keeps the mails of others not waiting', async () => {
  const { mail, bench, id, accountId, told } = await setUp({ notifications: {} });
  const refusals: string[] = [];
  const send = mail.send.bind(mail);
  mail.send = async (message) => {
    if (message.to === 'pki@others.test') return send(message);
    refusals.push(message.to);
    throw Object.assign(new Error('not now'), { responseCode: 450 });
  };
  const store = (certificate_id: string, account_id: string, applicant: object) =>
    bench.database.transaction((transaction) =>
      storeApplication(transaction, { certificate_id, account_id, applicant: JSON.stringify(applicant) }),
    );
  await store(id, accountId, { applicant_email: 'a,b@evil.test', contact_email: 'grey@evil.test' });
  const other = bench.account().accountId;
  const otherId = await storeCertificate(bench, other, { status: 'ISSUED' });
  await store(otherId, other, { applicant_email: 'pki@others.test' });
  await told();
  await told({ kind: 'CERT_ISSUED' }, { id: otherId, accountId: other });
  assert.deepEqual([refusals, mail.mails.map(({ to }) => to)], [['grey@evil.test'], ['pki@others.test']]);
});

test('without a mail server or a recipient an occasion is recorded, and told to nobody later', async () => {
  const bench = await openSqliteBench({ configuration: { notifications: { emails: notifications.emails } } });
  const { accountId } = bench.account();
  const id = await storeCertificate(bench, accountId, { not_after: 1 });
  await bench.database.transaction(async (transaction) => {
    const certificate = await findCertificate(transaction, accountId, id);
    await tell(bench.ports, transaction, certificate!, { kind: 'CERT_ISSUED' });
    await tell({ ...bench.ports, mailer: mailbox() }, transaction, certificate!, { kind: 'CERT_ISSUED' });
  });
  assert.equal((await bench.jobs.backlog()).count, 0);
});

test('no secret of the configuration stands in a job', async () => {
  const { bench, hook, told } = await setUp();
  hook.answer.status = 500;
  await told();
  const jobs = await bench.database
    .tables<{ jobs: { payload: string } }>()
    .selectFrom('jobs')
    .selectAll()
    .execute();
  assert.ok(jobs.length > 0);
  assert.ok(!JSON.stringify(jobs).includes('shared'));
});
