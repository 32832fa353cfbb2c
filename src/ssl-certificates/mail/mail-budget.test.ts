import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import type { ApiError, InjectedAccount } from '../../../test/support/injected-accounts.ts';
import {
  application,
  buy,
  certificatePath,
  createWorld,
  seen,
} from '../applications/applications.fixture.ts';
import { tell } from '../notifications/tell.ts';
import { type Bench, benchMigrations, openBench } from '../ssl-certificates.fixture.ts';
import type { Validators } from '../validators/validator.ts';
import { registeredDomain } from './mailbox-domain.ts';

const hourMs = 3_600_000;
const byMail = { ...application, domain: 'victim.test', domain_method: 'EMAIL' };
const ov = { type: 'OV_SSL_CERT' };
const many = { ...ov, domain_type: 'MULTI_DOMAIN', domain_count: 250 } as const;

describeOnEachDatabase('mails to addresses that tenants name', benchMigrations, (open) => {
  async function openWorld(mail?: Validators['mail']) {
    const world = await createWorld();
    const { validators } = world.outside;
    const outside =
      mail && validators ? { ...world.outside, validators: { ...validators, mail } } : world.outside;
    const bench = await openBench(await open(), outside);
    const apply = (account: InjectedAccount, id: string, change: object = {}) =>
      account.send<ApiError>('POST', `${certificatePath(id)}/apply`, { ...byMail, ...change });
    const cancel = async (account: InjectedAccount, id: string) => {
      await account.send('POST', `${certificatePath(id)}/cancel-cert`);
      await bench.jobs.runDue();
    };
    return { world, bench, apply, cancel };
  }

  async function assertExhausted(
    { status, body }: { readonly status: number; readonly body: ApiError },
    what: RegExp,
  ): Promise<void> {
    assert.deepEqual([status, body.error_code], [429, 'SCM.0025'], JSON.stringify(body));
    assert.match(String(body.error_msg), what);
    assert.match(
      String(body.error_msg),
      /Try again after \d{4}-\d\d-\d\dT[\d:.]+Z\. DNS verifies without mails/,
    );
  }

  test('of cycles of applying and cancelling five reach a mailbox in a day', async () => {
    const { world, bench, apply, cancel } = await openWorld();
    const account = bench.account();
    const id = await buy(bench.database, account.accountId, ov);
    for (let cycle = 0; cycle < 5; cycle++) {
      assert.equal((await apply(account, id)).status, 200);
      await bench.jobs.runDue();
      await cancel(account, id);
    }
    assert.equal(world.mails.length, 5);
    const before = await seen(bench, account.accountId, id);
    for (let cycle = 0; cycle < 25; cycle++)
      await assertExhausted(
        await apply(account, id),
        /At most 5 mails to admin@victim\.test are sent within 24 hours \(limit scm\.mails_to_mailbox\)/,
      );
    await bench.jobs.runDue();
    assert.equal(world.mails.length, 5);
    assert.deepEqual(await seen(bench, account.accountId, id), before);
    assert.equal((await apply(account, id, { domain_method: 'DNS' })).status, 200);
    await cancel(account, id);
    bench.clock.advance(24 * hourMs);
    assert.equal((await apply(account, id)).status, 200);
  });

  test('the budget holds for applications at the same time, and for a mailbox in all accounts', async () => {
    const { world, bench, apply } = await openWorld();
    const accounts = Array.from({ length: 6 }, () => bench.account());
    for (const account of accounts) {
      const ids = await Promise.all(
        Array.from({ length: 8 }, () => buy(bench.database, account.accountId, ov)),
      );
      const answers = await Promise.all(ids.map((id) => apply(account, id)));
      const sent = answers.filter(({ status }) => status === 200).length;
      assert.ok(sent <= 5, String(sent));
    }
    await bench.jobs.runDue();
    assert.equal(world.mails.length, 20);
  });

  test('a domain has a budget with all names below it, and nothing is counted for what is refused', async () => {
    const { bench, apply, cancel } = await openWorld();
    const account = bench.account();
    const id = await buy(bench.database, account.accountId, many);
    const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}.victim.test`);
    await assertExhausted(
      await apply(account, id, { sans: names(50).join(';') }),
      /At most 50 mails to victim\.test are sent/,
    );
    assert.equal((await apply(account, id, { sans: names(49).join(';') })).status, 200);
    await cancel(account, id);
    const other = await buy(bench.database, account.accountId, ov);
    await assertExhausted(await apply(account, other, { domain: 'deep.below.victim.test' }), /victim\.test/);
    assert.equal((await apply(account, other, { domain: 'elsewhere.test' })).status, 200);
  });

  test('a mail that may have arrived is repeated within the budget only', async () => {
    const { world, bench, apply } = await openWorld();
    const account = bench.account();
    const id = await buy(bench.database, account.accountId, ov);
    world.down.add('mail');
    await apply(account, id);
    for (let hour = 0; hour < 20; hour++) {
      bench.clock.advance(hourMs);
      await bench.jobs.runDue();
    }
    assert.equal(world.effects.filter((effect) => effect.startsWith('mail ')).length, 5);
    world.down.clear();
    bench.clock.advance(12 * hourMs);
    await bench.jobs.runDue();
    assert.equal(world.mails.length, 1);
  });

  test('a mail that certainly did not arrive does not count', async () => {
    let attempts = 0;
    const { bench, apply } = await openWorld(async () => {
      attempts += 1;
      throw Object.assign(new Error('the mail server could not be used'), { code: 'ECONNECTION' });
    });
    const account = bench.account();
    await apply(account, await buy(bench.database, account.accountId, ov));
    for (let hour = 0; hour < 12; hour++) {
      bench.clock.advance(hourMs);
      await bench.jobs.runDue();
    }
    assert.ok(attempts > 10, String(attempts));
  });

  test('notices to the people of an application have a budget too, and what is not sent is recorded', async () => {
    const { bench, apply } = await openWorld();
    const account = bench.account();
    const mailer = { send: async () => {} };
    const ports = { ...bench.ports, mailer };
    const id = await buy(bench.database, account.accountId, ov);
    await apply(account, id, { domain_method: 'DNS' });
    const certificate = await seen(bench, account.accountId, id);
    for (let attempt = 0; attempt < 203; attempt++)
      await bench.database.transaction((transaction) =>
        tell(ports, transaction, certificate, { kind: 'APPLICATION_FAILED', attempt, reason: 'no' }),
      );
    const refused = (await bench.audits(account.accountId)).filter(
      ({ action }) => action === 'scm:cert:notify',
    );
    assert.equal(refused.length, 3);
    assert.match(refused[0]?.detail ?? '', /At most 200 mails to example@test\.com.*scm\.notices_to_mailbox/);
    assert.equal(await notices(bench), 200);
  });
});

async function notices({ database }: Bench): Promise<number> {
  const rows = await database
    .tables<{ jobs: { kind: string } }>()
    .selectFrom('jobs')
    .select('kind')
    .where('kind', '=', 'ssl:notice')
    .execute();
  return rows.length;
}

test('a domain is what somebody registered', () => {
  for (const [mailbox, domain] of [
    ['admin@victim.test', 'victim.test'],
    ['admin@a.b.Victim.TEST', 'victim.test'],
    ['admin@a.example.co.uk', 'example.co.uk'],
    ['admin@example.de', 'example.de'],
    ['admin@localhost', 'localhost'],
  ] as const)
    assert.equal(registeredDomain(mailbox), domain);
});
