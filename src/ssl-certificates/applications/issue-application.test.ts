import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { generateKeyPair, parseCsr } from '../../pki/index.ts';
import { keyOwner } from '../csrs/certification-request.ts';
import { advanceApplication } from './advance-application.ts';
import { dayMs, openApplicants, ov } from './applicants.fixture.ts';
import { findApplication } from './application-store.ts';
import { type CertifiedOtherwise, createWorld } from './applications.fixture.ts';

const { world, bench, reset, applied, later, keyCount } = await openApplicants();
const otherKey = (await generateKeyPair('EC256')).publicKeySpki;
const stranger = await createWorld();
beforeEach(reset);

describe('the issuer', () => {
  test('is asked for the names, the organisation and the months that were bought', async () => {
    const bought = { ...ov, domain_type: 'MULTI_DOMAIN', domain_count: 2, validity_months: 12 } as const;
    const { id, account } = await applied({ sans: 'a.test.com', country: 'cn' }, bought);
    const { csrDer, ...request } = world.requests[0]!;
    assert.equal(parseCsr(csrDer).publicKey.algorithm, 'EC256');
    assert.deepEqual(request, {
      certificateId: id,
      accountId: account.accountId,
      brand: 'GEOTRUST',
      type: 'OV_SSL_CERT',
      names: ['www.test.com', 'a.test.com'],
      keyAlgorithm: 'EC256',
      method: 'DNS',
      organization: { country: 'CN', province: 'Sichuan', city: 'Chengdu', name: 'Company XX', unit: 'IT' },
      applicantEmail: 'example@test.com',
      validityMonths: 12,
      hashAlgorithm: 'DEFAULT',
    });
  });

  test('that refuses later ends it: UNPASSED from CHECKING', async () => {
    world.down.add('begin');
    const { certificate } = await applied();
    world.down.clear();
    world.settings.refusal = 'No.';
    await later(10_000);
    const { status, failure_reason } = await certificate();
    assert.deepEqual([status, failure_reason], ['UNPASSED', 'No.']);
  });

  test('that refuses in words that no database keeps ends it all the same', async () => {
    world.down.add('begin');
    const { certificate } = await applied();
    world.down.clear();
    world.settings.refusal = 'No\0\n\ud800way.';
    await later(10_000);
    const { status, failure_reason } = await certificate();
    assert.deepEqual([status, failure_reason], ['UNPASSED', 'No \ufffdway.']);
  });

  test('that is away from the first to the last day ends it: UNPASSED from CHECKING', async () => {
    world.down.add('begin');
    const { certificate } = await applied();
    await later(7 * dayMs - 1);
    assert.equal((await certificate()).status, 'CHECKING');
    await later(3_600_000);
    const { status, failure_reason } = await certificate();
    assert.equal(status, 'UNPASSED');
    assert.match(failure_reason ?? '', /begin is down/);
  });

  test('that is at work is asked again when it said, with its last state', async () => {
    const states: string[] = [];
    world.settings.issuance = (request, state) => {
      states.push(state);
      return states.length < 3
        ? { kind: 'pending', state: `step ${states.length}`, retryAfterMs: 30_000 }
        : world.certify(request);
    };
    const { status } = await applied({ auto_dns_auth: true });
    assert.equal(await status(), 'ISSUING');
    await later(29_999);
    assert.equal(states.length, 1);
    await later(1);
    assert.equal(states.length, 2);
    await later(30_000);
    assert.equal(await status(), 'ISSUED');
    assert.match(states[0]!, /^begun/);
    assert.deepEqual(states.slice(1), ['step 1', 'step 2']);
  });

  test('that was asked twice at the same time is asked again with what it said to who was first', async () => {
    let calls = 0;
    world.settings.issuance = async ({ accountId, certificateId }) => {
      calls += 1;
      const state = `answer ${calls}`;
      if (calls === 1) await advanceApplication(bench.ports, [], accountId, certificateId);
      return { kind: 'pending', state, retryAfterMs: 30_000 };
    };
    const { id } = await applied({ auto_dns_auth: true });
    // The third time because the first answer came too late.
    assert.equal(calls, 3);
    assert.equal((await findApplication(bench.database, id))?.issuer_state, 'answer 3');
    const states: string[] = [];
    world.settings.issuance = (request, state) => {
      states.push(state);
      return world.certify(request);
    };
    await later(30_000);
    assert.deepEqual(states, ['answer 3']);
  });

  test('that is at work for longer than an application lives: UNPASSED', async () => {
    world.settings.issuance = () => ({ kind: 'pending', state: '', retryAfterMs: dayMs });
    const { status, certificate } = await applied({ auto_dns_auth: true });
    for (let day = 0; day < 7; day += 1) await later(dayMs);
    assert.equal(await status(), 'UNPASSED');
    assert.match((await certificate()).failure_reason ?? '', /in time/);
  });

  test('that is away is asked until it is back', async () => {
    world.down.add('issue');
    const { status } = await applied({ auto_dns_auth: true });
    await later(3 * dayMs);
    assert.equal(await status(), 'ISSUING');
    world.down.clear();
    await later(3_600_000);
    assert.equal(await status(), 'ISSUED');
  });

  test('that is away for longer than an application lives: UNPASSED', async () => {
    world.down.add('issue');
    const { status } = await applied({ auto_dns_auth: true });
    await later(7 * dayMs);
    await later(3_600_000);
    assert.equal(await status(), 'UNPASSED');
  });

  test('that refuses to issue ends it: UNPASSED, and the records go', async () => {
    world.settings.issuance = () => ({ kind: 'refused', reason: 'Quota of the issuer.' });
    const { certificate, account } = await applied({ auto_dns_auth: true });
    const { status, failure_reason } = await certificate();
    assert.deepEqual([status, failure_reason], ['UNPASSED', 'Quota of the issuer.']);
    assert.deepEqual([world.records.size, await keyCount(account.accountId)], [0, 0]);
  });

  const wrong: readonly (readonly [string, (nowMs: number) => CertifiedOtherwise, RegExp])[] = [
    ['another key', () => ({ spki: otherKey }), /another key/],
    ['another name', () => ({ names: ['www.evil.com'] }), /other names/],
    ['one name more', () => ({ names: ['www.test.com', 'test.com'] }), /other names/],
    ['a time that is over', (nowMs) => ({ notAfterMs: nowMs - 1_000 }), /expired/],
    ['a time to come', (nowMs) => ({ notBeforeMs: nowMs + dayMs }), /not valid yet/],
  ];
  for (const [what, other, reason] of wrong) {
    test(`that sends a certificate for ${what} is not believed: UNPASSED`, async () => {
      world.settings.issuance = (request) => world.certify(request, other(bench.clock.nowMs()));
      const { certificate } = await applied({ auto_dns_auth: true });
      const { status, failure_reason, certificate_der } = await certificate();
      assert.deepEqual([status, certificate_der], ['UNPASSED', null]);
      assert.match(failure_reason ?? '', reason);
    });
  }

  test('that sends what is no certificate, or a chain of somebody else, is not believed: UNPASSED', async () => {
    world.settings.issuance = () => ({
      kind: 'issued',
      certificateDer: Buffer.from('no certificate'),
      chainDer: [],
      reference: '',
    });
    assert.equal(await (await applied({ auto_dns_auth: true })).status(), 'UNPASSED');
    world.settings.issuance = async (request) => {
      const theirs = await stranger.certify(request);
      assert.ok(theirs.kind === 'issued');
      return world.certify(request, { chainDer: theirs.chainDer });
    };
    const { certificate } = await applied({ auto_dns_auth: true });
    assert.match((await certificate()).failure_reason ?? '', /its chain is wrong/);
  });

  test('that makes the encryption key of SM2: certificate, key and envelope are stored', async () => {
    const owner = (accountId: string) => keyOwner(accountId);
    world.settings.issuance = async (request) => {
      const issued = await world.certify(request);
      assert.ok(issued.kind === 'issued');
      const key = await bench.keyStore.generate(owner(request.accountId), 'SM2');
      const { certificateDer } = issued;
      return { ...issued, encryption: { certificateDer, key, envelope: 'envelope' } };
    };
    const { account, certificate } = await applied({ auto_dns_auth: true, key_algorithm: 'SM2' });
    const issued = await certificate();
    assert.deepEqual([issued.status, issued.key_algorithm], ['ISSUED', 'SM2']);
    assert.equal(issued.enc_key_envelope, 'envelope');
    assert.ok(issued.enc_certificate_der);
    await bench.keyStore.exportPrivateKey(owner(account.accountId), issued.enc_key_id!);
    assert.equal(await keyCount(account.accountId), 2);
  });
});
