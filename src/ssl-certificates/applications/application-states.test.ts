import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { allowedStatuses, type CertificateStatus, certificateStatuses } from '../certificate-status.ts';
import { openSqliteBench } from '../ssl-certificates.fixture.ts';
import { advanceApplication } from './advance-application.ts';
import { replaceApplication } from './application-store.ts';
import { application, buy, certificatePath, createWorld, seen } from './applications.fixture.ts';

const world = await createWorld();
world.down.add('begin').add('abandon').add('revoke');
// Without jobs that go on by themselves: each test looks at the one change that its request made.
const bench = await openSqliteBench(world.outside);
const nowMs = bench.clock.nowMs();

/** A certificate in this state, with an application where the state comes from one. */
async function inState(status: CertificateStatus) {
  const account = bench.account();
  const isExpired = status === 'EXPIRED';
  const id = await buy(bench.database, account.accountId, {
    type: 'OV_SSL_CERT',
    domain: 'www.test.com',
    status: isExpired ? 'ISSUED' : status,
    not_after: isExpired ? nowMs : nowMs + 86_400_000,
    issuer: 'test',
  });
  await bench.database.transaction((transaction) =>
    replaceApplication(transaction, {
      certificate_id: id,
      account_id: account.accountId,
      applicant: '{}',
      method: 'DNS',
      auto_dns: 0,
      ca_hash_algorithm: 'DEFAULT',
      key_algorithm: 'EC256',
      csr_der: new Uint8Array(),
      key_id: null,
      submitted_at: nowMs,
      expires_at: nowMs + 86_400_000,
      issuer: 'test',
      issuer_state: '',
      review: 'waiting',
      applied_by: null,
    }),
  );
  return { account, id };
}

const operations = [
  ['apply', 'applyCertificate', application, 'CHECKING'],
  ['cancel-cert', 'cancelApplication', undefined, 'CANCELCHECKING'],
  ['review', 'reviewApplication', { decision: 'reject', reason: 'No.' }, 'UNPASSED'],
  ['application/check', 'checkApplication', undefined, 'CHECKING_DOMAIN'],
  ['revoke', 'revokeCertificate', { reason: 'SUPERSEDED' }, 'REVOKING'],
] as const;

for (const [path, operation, body, next] of operations) {
  describe(`${path} of a certificate that is`, () => {
    for (const status of certificateStatuses) {
      const allowed: readonly string[] = allowedStatuses[operation];
      test(`${status} is ${allowed.includes(status) ? `accepted: ${next}` : 'refused: SCM.0010'}`, async () => {
        const { account, id } = await inState(status);
        const before = await seen(bench, account.accountId, id);
        const answer = await account.send('POST', `${certificatePath(id)}/${path}`, body);
        const after = await seen(bench, account.accountId, id);
        if (allowed.includes(status)) {
          assert.equal(answer.status, 200, JSON.stringify(answer.body));
          assert.equal(after.status, next);
        } else {
          assert.deepEqual([answer.status, answer.body.error_code], [400, 'SCM.0010']);
          assert.match(answer.body.error_msg, new RegExp(`is ${status};`));
          assert.deepEqual(after, before);
        }
      });
    }
  });
}

describe('time does nothing to the application of a certificate that is', () => {
  const moved = ['CHECKING', 'CHECKING_DOMAIN', 'CHECKING_ORG', 'ISSUING', 'CANCELCHECKING'];
  for (const status of certificateStatuses.filter((each) => !moved.includes(each))) {
    test(status, async () => {
      const { account, id } = await inState(status);
      const before = await seen(bench, account.accountId, id);
      assert.equal(await advanceApplication(bench.ports, [], account.accountId, id), undefined);
      assert.deepEqual(await seen(bench, account.accountId, id), before);
    });
  }
});
