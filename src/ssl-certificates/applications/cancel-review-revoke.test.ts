import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { dayMs, openApplicants, ov } from './applicants.fixture.ts';
import { findApplication } from './application-store.ts';
import { application, buy, certificatePath } from './applications.fixture.ts';
import { reviewApplication } from './review-application.ts';
import { listValidations } from './validation-store.ts';

const { world, bench, configuration, operator, reset, applied, later, publishAll, keyCount } =
  await openApplicants();
beforeEach(reset);

describe('organisations', () => {
  test('OV and EV pass CHECKING_ORG by themselves unless configured otherwise', async () => {
    for (const type of ['OV_SSL_CERT', 'EV_SSL_CERT_PRO']) {
      const { id, status } = await applied({ auto_dns_auth: true }, { type });
      assert.equal(await status(), 'ISSUED');
      assert.equal((await findApplication(bench.database, id))?.review, 'approved');
    }
  });

  test('wait in CHECKING_ORG for a review unless the configuration says automatic; approved: ISSUED', async () => {
    configuration.applications = {};
    const { account, id, status, post } = await applied({ auto_dns_auth: true }, ov);
    // However long it takes: the time of an application is for its names.
    await later(30 * dayMs);
    assert.equal(await status(), 'CHECKING_ORG');
    const { body } = await operator.send<{ total: number; reviews: Record<string, string>[] }>(
      'GET',
      '/v3/scm/reviews',
    );
    assert.equal(body.total, 1);
    const { certificate_id, account_id, company_name, domain, submit_time } = body.reviews[0]!;
    assert.deepEqual(
      [certificate_id, account_id, company_name, domain],
      [id, account.accountId, 'Company XX', 'www.test.com'],
    );
    // The applicant sees that it waits, and cannot end that.
    assert.equal((await account.send<{ total: number }>('GET', '/v3/scm/reviews')).body.total, 1);
    assert.match(submit_time!, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d$/);
    assert.equal((await bench.account().send<{ total: number }>('GET', '/v3/scm/reviews')).body.total, 0);
    // Nor those of enterprise projects in which the user may not review.
    const elsewhere = account.without('scm:cert:reviewApplication@0');
    assert.equal((await elsewhere.send<{ total: number }>('GET', '/v3/scm/reviews')).body.total, 0);
    // From now on it has its whole time for being issued.
    world.down.add('issue');
    await post('review', { decision: 'approve' });
    assert.equal(await status(), 'ISSUING');
    world.down.clear();
    await later(1_000);
    assert.equal(await status(), 'ISSUED');
    assert.equal((await account.send<{ total: number }>('GET', '/v3/scm/reviews')).body.total, 0);
  });

  test('rejected: UNPASSED with the reason, without which it is not rejected (SCM.0005)', async () => {
    configuration.applications = {};
    const { id, certificate, post } = await applied({}, ov);
    await publishAll(id);
    await later(10_000);
    const path = `${certificatePath(id)}/review`;
    for (const body of [{ decision: 'reject' }, { decision: 'reject', reason: '' }, { decision: 'x' }]) {
      const answer = await operator.send('POST', path, body);
      assert.deepEqual([answer.status, answer.body.error_code], [400, 'SCM.0005']);
    }
    await post('review', { decision: 'reject', reason: 'No such company.' });
    const { status, failure_reason } = await certificate();
    assert.deepEqual([status, failure_reason], ['UNPASSED', 'No such company.']);
    assert.equal((await findApplication(bench.database, id))?.review, 'rejected');
  });

  test('the review needs scm:cert:reviewApplication: 403 SCM.1019', async () => {
    const { id } = await applied({}, ov);
    const without = operator.without('scm:cert:reviewApplication');
    const answers = [
      await without.send('GET', '/v3/scm/reviews'),
      await without.send('POST', `${certificatePath(id)}/review`, { decision: 'approve' }),
    ];
    for (const { status, body } of answers) assert.deepEqual([status, body.error_code], [403, 'SCM.1019']);
  });
});

describe('reviews belong to the operator', () => {
  test('tenants approve neither their own applications nor those of others', async () => {
    configuration.applications = {};
    const { account, id, status } = await applied({ auto_dns_auth: true }, ov);
    for (const tenant of [account, bench.account()])
      for (const name of [id, 'scs0000000000000']) {
        const { status: refused, body } = await tenant.send('POST', `${certificatePath(name)}/review`, {
          decision: 'approve',
        });
        assert.deepEqual([refused, body.error_code], [403, 'SCM.1019']);
        assert.match(body.error_msg, /Only the operator reviews organisations/);
      }
    assert.equal(await status(), 'CHECKING_ORG');
  });

  test('a review is recorded for the operator and for the applicant', async () => {
    configuration.applications = {};
    const { account, post } = await applied({ auto_dns_auth: true }, ov);
    await post('review', { decision: 'approve' });
    const reviewsOf = async (accountId: string) =>
      (await bench.audits(accountId))
        .filter(({ action }) => action === 'scm:cert:reviewApplication')
        .map(({ principal_id: who, detail }) => [who, detail]);
    assert.deepEqual(await reviewsOf(account.accountId), [['operator review', 'approve']]);
    assert.deepEqual((await reviewsOf(operator.accountId)).at(-1), [
      'user',
      `approve, account ${account.accountId}`,
    ]);
  });

  test('in the operator’s own account somebody else than who applied has to review', async () => {
    configuration.applications = {};
    const { id, status } = await applied({ auto_dns_auth: true }, ov, operator);
    const answer = await operator.send('POST', `${certificatePath(id)}/review`, { decision: 'approve' });
    assert.deepEqual([answer.status, answer.body.error_code], [403, 'SCM.1019']);
    assert.match(answer.body.error_msg, /Somebody else than who applied/);
    assert.equal(await status(), 'CHECKING_ORG');
    // The root user may be alone.
    const root = { ...operator.actor, isRoot: true };
    await reviewApplication(bench.ports, root, id, { decision: 'approve', reason: '' });
    await bench.jobs.runDue();
    assert.equal(await status(), 'ISSUED');
  });
});

describe('cancelCertificateApplication', () => {
  test('answers id and success, shows CANCELCHECKING until it is done, then PAID as bought', async () => {
    world.settings.verdict = { kind: 'absent', reason: 'Not there.' };
    const { account, id, status, certificate } = await applied({ auto_dns_auth: true });
    world.down.add('abandon');
    const answer = await account.send<object>('POST', `${certificatePath(id)}/cancel-cert`, '');
    assert.deepEqual([answer.status, answer.body], [200, { cert_id: id, message: 'success' }]);
    await bench.jobs.runDue();
    assert.equal(await status(), 'CANCELCHECKING');
    world.down.clear();
    await later(1_000);
    const paid = await certificate();
    assert.deepEqual([paid.status, paid.domain, paid.sans], ['PAID', '', '']);
    assert.equal(await findApplication(bench.database, id), undefined);
    assert.deepEqual(await listValidations(bench.database, id), []);
    assert.equal(await keyCount(account.accountId), 0);
    assert.match(world.effects.find((effect) => effect.startsWith('abandon')) ?? '', /www\.test\.com begun/);
    assert.ok(world.effects.includes('withdraw www.test.com'));
  });

  test('an issuer that is away for an hour does not hold it up any longer', async () => {
    const { status, post } = await applied();
    world.down.add('abandon');
    await post('cancel-cert');
    await later(3_599_999);
    assert.equal(await status(), 'CANCELCHECKING');
    await later(3_600_000);
    assert.equal(await status(), 'PAID');
  });

  test('the certificate can be applied for again, for another name', async () => {
    const again = await applied();
    await again.post('cancel-cert');
    await again.post('apply', { ...application, domain: 'other.test.com', auto_dns_auth: true });
    const certificate = await again.certificate();
    assert.deepEqual([certificate.status, certificate.domain], ['ISSUED', 'other.test.com']);
    assert.equal(await keyCount(again.account.accountId), 1);
  });

  test('a record that the next application asks for again is not taken away', async () => {
    world.settings.recordValue = 'the same';
    world.settings.verdict = { kind: 'absent', reason: 'Not seen yet.' };
    const { post, status } = await applied({ auto_dns_auth: true });
    world.down.add('withdraw');
    await post('cancel-cert');
    await post('apply', { ...application, auto_dns_auth: true });
    world.down.clear();
    await later(2_000);
    assert.ok(world.records.has('the same'));
    delete world.settings.verdict;
    await later(20_000);
    assert.equal(await status(), 'ISSUED');
    assert.ok(!world.records.has('the same'));
  });

  test('needs scm:cert:cancel: 403 SCM.1019', async () => {
    const { account, id } = await applied();
    const answer = await account
      .without('scm:cert:cancel')
      .send('POST', `${certificatePath(id)}/cancel-cert`);
    assert.deepEqual([answer.status, answer.body.error_code], [403, 'SCM.1019']);
  });
});

describe('revocation', () => {
  test('REVOKING until the issuer has done it, however long it is away, then REVOKED', async () => {
    const { account, id, certificate, status } = await applied({ auto_dns_auth: true });
    world.down.add('revoke');
    const answer = await account.send<object>('POST', `${certificatePath(id)}/revoke`, {
      reason: 'KEY_COMPROMISE',
    });
    assert.deepEqual([answer.status, answer.body], [200, { cert_id: id, message: 'success' }]);
    await bench.jobs.runDue();
    await later(dayMs);
    assert.equal(await status(), 'REVOKING');
    world.down.clear();
    await later(3_600_000);
    const revoked = await certificate();
    assert.deepEqual(
      [revoked.status, revoked.revoke_reason, revoked.revoked_at],
      ['REVOKED', 'KEY_COMPROMISE', bench.clock.nowMs()],
    );
    assert.ok(world.effects.includes('revoke reference keyCompromise'));
    const audits = await bench.audits(account.accountId);
    assert.deepEqual(
      audits.slice(-2).map(({ action, detail }) => [action, detail]),
      [
        ['scm:cert:revoke', 'KEY_COMPROMISE'],
        ['scm:cert:revoke', 'REVOKED'],
      ],
    );
  });

  test('needs a reason (SCM.0027), one that is known (SCM.0005), and scm:cert:revoke (403)', async () => {
    const { account, id } = await applied({ auto_dns_auth: true });
    const path = `${certificatePath(id)}/revoke`;
    for (const [body, code] of [
      [undefined, 'SCM.0027'],
      [{}, 'SCM.0027'],
      [{ reason: '' }, 'SCM.0027'],
      [{ reason: 'BORED' }, 'SCM.0005'],
    ] as const) {
      const answer = await account.send('POST', path, body);
      assert.deepEqual([answer.status, answer.body.error_code], [400, code]);
    }
    const denied = await account.without('scm:cert:revoke').send('POST', path, { reason: 'SUPERSEDED' });
    assert.deepEqual([denied.status, denied.body.error_code], [403, 'SCM.1019']);
  });

  test('of a certificate whose issuer is not in the configuration: SCM.0026', async () => {
    const account = bench.account();
    const issued = { status: 'ISSUED', not_after: bench.clock.nowMs() + dayMs } as const;
    for (const issuer of [null, 'removed']) {
      const id = await buy(bench.database, account.accountId, { ...issued, issuer });
      const answer = await account.send('POST', `${certificatePath(id)}/revoke`, { reason: 'SUPERSEDED' });
      assert.deepEqual([answer.status, answer.body.error_code], [400, 'SCM.0026']);
    }
  });
});
