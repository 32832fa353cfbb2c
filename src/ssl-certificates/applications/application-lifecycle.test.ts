import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { beforeEach, describe, test } from 'node:test';
import { parseCertificate, publicKeyOfPkcs8, samePublicKey } from '../../pki/index.ts';
import { keyOwner } from '../csrs/certification-request.ts';
import { runApplication } from './advance-application.ts';
import { dayMs, openApplicants, ov } from './applicants.fixture.ts';
import { application } from './applications.fixture.ts';
import { confirmValidation } from './confirm-validation.ts';
import { listValidations } from './validation-store.ts';

const { world, bench, reset, applied, later, publishAll, keyCount } = await openApplicants();
beforeEach(reset);

describe('an application is', () => {
  test('CHECKING_DOMAIN until the record is found, then ISSUED with certificate, chain, key and dates', async () => {
    const { account, id, certificate, status } = await applied();
    assert.equal(await status(), 'CHECKING_DOMAIN');
    await publishAll(id);
    await later(10_000);
    const issued = await certificate();
    assert.equal(issued.status, 'ISSUED');
    const parsed = parseCertificate(issued.certificate_der!);
    assert.equal(issued.fingerprint, createHash('sha1').update(issued.certificate_der!).digest('hex'));
    assert.deepEqual(
      [issued.signature_algorithm, issued.key_algorithm, issued.issued_at],
      ['SHA256WITHECDSA', 'EC256', bench.clock.nowMs()],
    );
    assert.deepEqual([issued.not_before, issued.not_after], [parsed.notBeforeMs, parsed.notAfterMs]);
    assert.deepEqual([issued.issuer, issued.issuer_reference], ['test', 'reference']);
    assert.equal(parseCertificate(issued.chain_der!).known.basicConstraints?.ca, true);
    const owner = keyOwner(account.accountId);
    const pkcs8 = await bench.keyStore.exportPrivateKey(owner, issued.key_id!);
    assert.ok(samePublicKey(publicKeyOfPkcs8(pkcs8), parsed.spki));
    const audits = await bench.audits(account.accountId);
    assert.deepEqual(
      audits.map(({ action, detail }) => [action, detail]),
      [
        ['scm:cert:apply', 'www.test.com'],
        ['scm:cert:apply', 'ISSUED: issued by test'],
      ],
    );
    assert.ok((await listValidations(bench.database, id)).every(({ verified_at }) => verified_at !== null));
  });

  test('ISSUED within one run of the jobs where the records are written from here, which then go', async () => {
    const { status } = await applied({ auto_dns_auth: true });
    assert.equal(await status(), 'ISSUED');
    assert.deepEqual(world.effects, [
      'begin www.test.com',
      'publish www.test.com',
      'check www.test.com',
      'issue www.test.com',
      'withdraw www.test.com',
    ]);
    assert.equal(world.records.size, 0);
  });

  test('ISSUED without a look at names that the operator declares to be the account’s', async () => {
    const { id, status } = await applied({ domain: 'www.prevalidated.test' });
    assert.equal(await status(), 'ISSUED');
    assert.deepEqual(world.effects, ['begin www.prevalidated.test', 'issue www.prevalidated.test']);
    assert.equal((await listValidations(bench.database, id))[0]?.verified_at, bench.clock.nowMs());
  });

  test('looked at all the same where the issuer looks for itself', async () => {
    world.settings.looksItself = true;
    const { id, status } = await applied({ domain: 'www.prevalidated.test' });
    assert.equal(await status(), 'CHECKING_DOMAIN');
    assert.deepEqual(world.effects, ['begin www.prevalidated.test', 'check www.prevalidated.test']);
    await publishAll(id);
    await later(10_000);
    assert.equal(await status(), 'ISSUED');
  });

  test('checked after 10, 20, 40 ... seconds, at most 15 minutes apart', async () => {
    await applied({ domain: 'slow.test.com' });
    const checks = () => world.effects.filter((effect) => effect === 'check slow.test.com').length;
    assert.equal(checks(), 1);
    let expected = 1;
    for (const seconds of [10, 20, 40, 80, 160, 320, 640, 900, 900]) {
      await later(seconds * 1_000 - 1);
      assert.equal(checks(), expected);
      await later(1);
      expected += 1;
      assert.equal(checks(), expected);
    }
  });

  test('UNPASSED with a reason after 7 days without a record; key and records of ours are gone', async () => {
    const { account, certificate, id } = await applied({ auto_dns_auth: true });
    assert.equal((await certificate()).status, 'ISSUED');
    world.settings.verdict = { kind: 'absent', reason: 'No TXT record.' };
    const late = await applied({ auto_dns_auth: true });
    await later(7 * dayMs - 1);
    assert.equal(await late.status(), 'CHECKING_DOMAIN');
    await later(1);
    const failed = await late.certificate();
    assert.equal(failed.status, 'UNPASSED');
    assert.match(failed.failure_reason ?? '', /not verified: www\.test\.com\..*No TXT record/);
    assert.equal(await keyCount(late.account.accountId), 0);
    assert.equal(await keyCount(account.accountId), 1);
    assert.ok(world.effects.includes('withdraw www.test.com'));
    assert.equal((await listValidations(bench.database, id))[0]?.publication, 'withdrawn');
  });

  test('not harmed by validators that cannot be reached: that only delays', async () => {
    world.settings.verdict = { kind: 'unreachable', reason: 'The DNS does not answer.' };
    const { id, status } = await applied();
    await later(3_600_000);
    assert.equal(await status(), 'CHECKING_DOMAIN');
    assert.equal((await listValidations(bench.database, id))[0]?.last_failure, 'The DNS does not answer.');
    delete world.settings.verdict;
    await publishAll(id);
    await later(900_000);
    assert.equal(await status(), 'ISSUED');
  });

  test('held up by one name of many only; the others are not asked again', async () => {
    const bought = { domain_type: 'MULTI_DOMAIN', domain_count: 3 } as const;
    const { id, status } = await applied({ sans: 'a.test.com;b.test.com' }, bought);
    const [first, second, third] = await listValidations(bench.database, id);
    world.records.add(first!.record_value).add(third!.record_value);
    await later(10_000);
    world.effects.length = 0;
    await later(20_000);
    assert.deepEqual(world.effects, ['check a.test.com']);
    assert.equal(await status(), 'CHECKING_DOMAIN');
    world.records.add(second!.record_value);
    await later(40_000);
    assert.equal(await status(), 'ISSUED');
  });

  test('checked eight names at a time, and lets others have their turn after five seconds', async () => {
    const others = Array.from({ length: 19 }, (_, index) => `host${index}.test.com`);
    const bought = { domain_type: 'MULTI_DOMAIN', domain_count: 20 } as const;
    world.settings.verdict = { kind: 'absent', reason: 'Not there.' };
    const { account, id } = await applied({ sans: others.join(';') }, bought);
    assert.equal(world.effects.filter((effect) => effect.startsWith('check')).length, 20);
    bench.clock.advance(10_000);
    world.effects.length = 0;
    world.settings.verdict = () => {
      bench.clock.advance(1_000);
      return { kind: 'unreachable', reason: 'No answer in time.' };
    };
    const job = { accountId: account.accountId, key: id };
    for (const expected of [8, 16, 20]) {
      const again = await runApplication(bench.ports, [], job);
      assert.equal(world.effects.length, expected);
      const wait = (again?.nextDueMs ?? 0) - bench.clock.nowMs();
      assert.ok(expected < 20 ? wait === 0 : wait > 0, `${wait}`);
    }
  });

  test('UNPASSED, and applied for again: ISSUED, with a new key', async () => {
    world.settings.issuance = () => ({ kind: 'refused', reason: 'Not today.' });
    const { account, certificate, post } = await applied({ auto_dns_auth: true });
    assert.equal((await certificate()).failure_reason, 'Not today.');
    delete world.settings.issuance;
    await post('apply', { ...application, auto_dns_auth: true });
    const issued = await certificate();
    assert.deepEqual([issued.status, issued.failure_reason], ['ISSUED', null]);
    assert.equal(await keyCount(account.accountId), 1);
  });

  test('UNPASSED, and applied for again while the issuer is away: the old records count no more', async () => {
    const { id, status, post } = await applied();
    await later(7 * dayMs);
    assert.equal(await status(), 'UNPASSED');
    assert.equal((await listValidations(bench.database, id)).length, 1);
    world.down.add('begin');
    await post('apply', application);
    assert.equal(await status(), 'CHECKING');
    assert.deepEqual(await listValidations(bench.database, id), []);
  });

  test('tried again while records cannot be written, and writes one again that is lost', async () => {
    world.down.add('publish');
    const { id, status } = await applied({ auto_dns_auth: true });
    const [validation] = await listValidations(bench.database, id);
    assert.match(validation?.last_failure ?? '', /could not be written: publish is down/);
    assert.ok(!world.effects.includes('check www.test.com'));
    world.down.clear();
    world.settings.verdict = { kind: 'absent', reason: 'Not there yet.' };
    await later(10_000);
    world.records.clear();
    delete world.settings.verdict;
    await later(20_000);
    assert.equal(world.effects.filter((effect) => effect === 'publish www.test.com').length, 3);
    assert.equal(await status(), 'ISSUED');
  });

  test('ISSUED even if its record cannot be taken away, which is tried until it is', async () => {
    world.down.add('withdraw');
    const { status } = await applied({ auto_dns_auth: true });
    assert.equal(await status(), 'ISSUED');
    assert.equal(world.records.size, 1);
    world.down.clear();
    await later(1_000);
    assert.equal(world.records.size, 0);
  });
});

describe('verification by mail', () => {
  test('the link is mailed once for each name, and confirms it', async () => {
    const { id, status } = await applied({ domain: 'mailed.test.com', domain_method: 'EMAIL' }, ov);
    assert.equal(world.mails.length, 1);
    const { challenge, token } = world.mails[0]!;
    assert.equal(challenge.recordName, 'admin@mailed.test.com');
    const [stored] = await listValidations(bench.database, id);
    assert.equal(stored?.token_sha256, createHash('sha256').update(token).digest('hex'));
    await later(3_600_000);
    assert.equal(world.mails.length, 1);
    assert.equal(await confirmValidation(bench.ports, 'other'), 'unknown');
    assert.equal(await status(), 'CHECKING_DOMAIN');
    assert.equal(await confirmValidation(bench.ports, token), 'confirmed');
    await bench.jobs.runDue();
    assert.equal(await status(), 'ISSUED');
    assert.equal(await confirmValidation(bench.ports, token), 'confirmed');
    assert.ok(!world.effects.includes('check mailed.test.com'));
  });

  test('who clicks twice has confirmed it', async () => {
    const { status } = await applied({ domain_method: 'EMAIL' }, ov);
    const { token } = world.mails[0]!;
    const outcomes = [1, 2].map(() => confirmValidation(bench.ports, token));
    assert.deepEqual(await Promise.all(outcomes), ['confirmed', 'confirmed']);
    await bench.jobs.runDue();
    assert.equal(await status(), 'ISSUED');
  });

  test('a mail that could not be sent is followed by one with a new token', async () => {
    world.down.add('mail');
    const { id } = await applied({ domain_method: 'EMAIL' }, ov);
    const [first] = await listValidations(bench.database, id);
    assert.match(first?.last_failure ?? '', /could not be sent: mail is down/);
    world.down.clear();
    await later(10_000);
    const [second] = await listValidations(bench.database, id);
    assert.notEqual(second?.token_sha256, first?.token_sha256);
    assert.equal(await confirmValidation(bench.ports, world.mails[0]!.token), 'confirmed');
  });

  test('the link of an application that has failed leads nowhere', async () => {
    const { status } = await applied({ domain_method: 'EMAIL' }, ov);
    await later(7 * dayMs);
    assert.equal(await status(), 'UNPASSED');
    assert.equal(await confirmValidation(bench.ports, world.mails[0]!.token), 'unknown');
  });
});
