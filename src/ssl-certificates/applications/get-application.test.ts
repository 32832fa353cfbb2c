import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { openApplicants, ov } from './applicants.fixture.ts';
import { buy, certificatePath } from './applications.fixture.ts';

const { world, bench, reset, applied, later, publishAll } = await openApplicants();
beforeEach(reset);

interface Progress {
  readonly status: string;
  readonly failure_reason: string | null;
  readonly expire_time: string | null;
  readonly issuer: string | null;
  readonly review: string;
  readonly domains: readonly {
    readonly domain: string;
    readonly publication: string;
    readonly verify_time: string | null;
    readonly check_time: string | null;
    readonly attempts: number;
    readonly last_failure: string | null;
  }[];
}

const path = (id: string) => `${certificatePath(id)}/application`;

describe('the progress of an application', () => {
  test('tells of each name what the last check found, and when it ends', async () => {
    const { account, id } = await applied();
    const { status, body } = await account.send<Progress>('GET', path(id));
    assert.equal(status, 200);
    assert.deepEqual([body.status, body.failure_reason], ['CHECKING_DOMAIN', null]);
    assert.deepEqual([body.issuer, body.review], ['test', 'none']);
    assert.match(body.expire_time ?? '', /^\d{4}-\d\d-\d\d /);
    const [name] = body.domains;
    assert.deepEqual(
      [name?.domain, name?.publication, name?.attempts, name?.verify_time],
      ['www.test.com', 'none', 1, null],
    );
    assert.equal(name?.last_failure, '_dnsauth.www.test.com is not there.');
  });

  test('tells why it failed, and of a success when', async () => {
    world.settings.issuance = () => ({ kind: 'refused', reason: 'Not today.' });
    const failed = await applied({ auto_dns_auth: true });
    const answer = await failed.account.send<Progress>('GET', path(failed.id));
    assert.deepEqual(
      [answer.body.status, answer.body.failure_reason, answer.body.expire_time],
      ['UNPASSED', 'Not today.', null],
    );
    delete world.settings.issuance;
    const issued = await applied({ auto_dns_auth: true }, ov);
    const { body } = await issued.account.send<Progress>('GET', path(issued.id));
    assert.deepEqual([body.status, body.review], ['ISSUED', 'approved']);
    assert.ok(body.domains[0]?.verify_time);
    assert.deepEqual([body.domains[0]?.last_failure, body.domains[0]?.publication], [null, 'withdrawn']);
  });

  test("of a certificate that was not applied for, or is another account's: 404 SCM.0094", async () => {
    const account = bench.account();
    const unapplied = await buy(bench.database, account.accountId);
    const { id } = await applied();
    for (const certificateId of [unapplied, id, 'scs0000000000000']) {
      const answer = await account.send('GET', path(certificateId));
      assert.deepEqual([answer.status, answer.body.error_code], [404, 'SCM.0094']);
    }
  });

  test('needs scm:cert:get: 403 SCM.1019', async () => {
    const { account, id } = await applied();
    const answer = await account.without('scm:cert:get').send('GET', path(id));
    assert.deepEqual([answer.status, answer.body.error_code], [403, 'SCM.1019']);
  });
});

describe('a check that the applicant asks for', () => {
  test('finds the record that he has just written', async () => {
    const { account, id, status } = await applied();
    await later(20_000);
    await publishAll(id);
    bench.clock.advance(10_000);
    const answer = await account.send<object>('POST', `${path(id)}/check`);
    assert.deepEqual([answer.status, answer.body], [200, { cert_id: id, message: 'success' }]);
    await bench.jobs.runDue();
    assert.equal(await status(), 'ISSUED');
  });

  test('is not made within ten seconds of the last one', async () => {
    const { post } = await applied({ domain: 'often.test.com' });
    const checks = () => world.effects.filter((effect) => effect === 'check often.test.com').length;
    await later(10_000);
    await post('application/check');
    await post('application/check');
    assert.equal(checks(), 2);
    bench.clock.advance(10_000);
    await post('application/check');
    assert.equal(checks(), 3);
  });

  test('sends no second mail, but the first one if it was not sent yet', async () => {
    world.down.add('mail');
    const { post } = await applied({ domain_method: 'EMAIL' }, ov);
    world.down.clear();
    await later(10_000);
    assert.equal(world.mails.length, 1);
    await later(20_000);
    await post('application/check');
    assert.equal(world.mails.length, 1);
    world.down.add('mail');
    const late = await applied({ domain_method: 'EMAIL' }, ov);
    world.down.clear();
    world.mails.length = 0;
    bench.clock.advance(10_000);
    await late.post('application/check');
    assert.equal(world.mails.length, 1);
  });

  test('needs scm:cert:apply: 403 SCM.1019', async () => {
    const { account, id } = await applied();
    const answer = await account.without('scm:cert:apply').send('POST', `${path(id)}/check`);
    assert.deepEqual([answer.status, answer.body.error_code], [403, 'SCM.1019']);
  });
});
