import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedStatuses, certificateStatuses } from '../certificate-status.ts';
import { assertRefused, certificatesPath, dayMs } from '../certificates/imports.fixture.ts';
import { store } from '../certificates/stored.fixture.ts';
import { openSqliteBench, testNowMs } from '../ssl-certificates.fixture.ts';
import { tagsOf } from '../tags/tag-store.ts';
import { buy, buyOne, everyIssuer, product } from './orders.fixture.ts';

const bench = await openSqliteBench({ issuers: everyIssuer });
type Account = ReturnType<typeof bench.account>;

const unsubscribe = (account: Account, id: string) =>
  account.send('DELETE', `${certificatesPath}/${id}/unsubscribe`);

test('answers SUCCESS, and the certificate is there no more', async () => {
  const account = bench.account();
  const id = await buyOne(account, { tags: [{ key: 'a', value: 'b' }] });
  const answer = await unsubscribe(account, id);
  assert.deepEqual([answer.status, answer.body], [200, { unsubscribe_results: 'SUCCESS' }]);
  assertRefused(await account.send('GET', `${certificatesPath}/${id}`), 404, 'SCM.0094');
  assertRefused(await unsubscribe(account, id), 404, 'SCM.0094');
  assert.deepEqual(await tagsOf(bench.database, id), []);
  const audits = await bench.audits(account.accountId);
  assert.ok(
    audits.some(({ action, resource_id }) => action === 'scm:cert:unsubscribe' && resource_id === id),
  );
});

test('SCM.0016 as 500 as long as the order is not paid, which clients try again', async () => {
  const account = bench.account();
  const { cert } = await buy(account, product);
  const id = cert[0]!.cert_id;
  assertRefused(await unsubscribe(account, id), 500, 'SCM.0016', /not paid/);
  assertRefused(await unsubscribe(bench.account(), id), 404, 'SCM.0094');
  assertRefused(await unsubscribe(account.without('scm:cert:unsubscribe'), id), 403, 'SCM.1019');
});

for (const status of certificateStatuses) {
  const isAllowed = (allowedStatuses.unsubscribeCertificate as readonly string[]).includes(status);
  test(`${status}: ${isAllowed ? 'given back' : 'SCM.0010'}`, async () => {
    const account = bench.account();
    const time =
      status === 'EXPIRED'
        ? ({ status: 'ISSUED', not_after: testNowMs - 1 } as const)
        : { status, not_after: testNowMs + dayMs };
    const id = await store(bench, account.accountId, time);
    const answer = await unsubscribe(account, id);
    if (isAllowed) assert.equal(answer.status, 200);
    else assertRefused(answer, 400, 'SCM.0010', new RegExp(status));
  });
}

test('SCM.0094 for an unknown id and for that of another account, SCM.0008 for none', async () => {
  const id = await buyOne(bench.account());
  const stranger = bench.account();
  for (const each of [id, 'scs0000000000000'])
    assertRefused(await unsubscribe(stranger, each), 404, 'SCM.0094');
  assertRefused(await unsubscribe(stranger, 'short'), 400, 'SCM.0008');
});

test('SCM.1019 without the permission', async () => {
  const account = bench.account();
  const id = await buyOne(account);
  assertRefused(await unsubscribe(account.without('scm:cert:unsubscribe'), id), 403, 'SCM.1019');
});
