import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openSqliteBench } from '../private-ca.fixture.ts';
import type { PrivateCaTables } from '../tables.ts';
import {
  assertDone,
  assertRefused,
  create,
  details,
  path,
  pendingBody,
  post,
  rootBody,
  scheduleDeletion,
  subordinateBody,
  usedQuota,
} from './authorities.fixture.ts';

const bench = await openSqliteBench();
const dayMs = 86_400_000;
const unknownId = '00000000-0000-0000-0000-000000000000';
const account = bench.account();

/** Makes a CA that has this status now. */
const makers = {
  PENDING: () => create(account, pendingBody),
  ACTIVED: () => create(account),
  EXPIRED: async () => {
    const caId = await create(account, { ...rootBody, validity: { type: 'HOUR', value: 1 } });
    bench.clock.advance(3_601_000);
    return caId;
  },
  DISABLED: async () => {
    const caId = await create(account);
    assertDone(await post(account, caId, 'disable'));
    return caId;
  },
  DELETED: async () => {
    const caId = await create(account);
    await scheduleDeletion(account, caId, 30);
    return caId;
  },
};

type Status = keyof typeof makers;
const statuses = Object.keys(makers) as Status[];

async function status(caId: string): Promise<string> {
  return (await details(account, caId)).status;
}

const verbs = [
  [
    'disable',
    'disableCertificateAuthority: allowed only in status ACTIVED or EXPIRED',
    ['ACTIVED', 'EXPIRED'],
  ],
  ['enable', 'enableCertificateAuthority: allowed only in status DISABLED', ['DISABLED']],
  [
    'restore',
    'restoreCertificateAuthority: only a CA that is scheduled for deletion can be restored',
    ['DELETED'],
  ],
] as const;

for (const [verb, rule, allowed] of verbs) {
  describe(`${rule} ([A.2.2] otherwise 403 PCA.00030201)`, () => {
    for (const from of statuses) {
      const isAllowed = (allowed as readonly Status[]).includes(from);
      test(`${verb} from ${from} is ${isAllowed ? 'allowed: 204 without a body' : 'refused'}`, async () => {
        const caId = await makers[from]();
        const answer = await post(account, caId, verb);
        if (isAllowed) assertDone(answer);
        else {
          assertRefused(
            answer,
            403,
            'PCA.00030201',
            new RegExp(`${from}; it has to be ${allowed.join(' or ')}`),
          );
          assert.equal(await status(caId), from);
        }
      });
    }

    test('the request has no body; {}, null and anything else do no harm', async () => {
      for (const body of ['', '{}', 'null', 'anything']) {
        assertDone(await post(account, await makers[allowed[0]](), verb, body));
      }
    });

    test('an unknown CA, and one of another account, is not found (404 PCA.00030102)', async () => {
      assertRefused(await post(account, unknownId, verb), 404, 'PCA.00030102');
      assertRefused(await post(bench.account(), await makers[allowed[0]](), verb), 404, 'PCA.00030102');
    });

    test('who lacks the permission is refused (401 PCA.00010004)', async () => {
      const caId = await makers[allowed[0]]();
      assertRefused(await post(account.without(`pca:ca:${verb}`), caId, verb), 401, 'PCA.00010004');
    });

    test('a frozen CA is left alone (403 PCA.00030202)', async () => {
      const caId = await makers[allowed[0]]();
      await bench.database.transaction((transaction) =>
        transaction
          .tables<PrivateCaTables>()
          .updateTable('certificate_authorities')
          .set({ freeze_flag: 1 })
          .where('ca_id', '=', caId)
          .execute(),
      );
      assertRefused(await post(account, caId, verb), 403, 'PCA.00030202');
    });

    test('the change is recorded', async () => {
      const caId = await makers[allowed[0]]();
      await post(account, caId, verb);
      const last = (await account.audits()).at(-1);
      assert.deepEqual([last?.action, last?.resource_id], [`pca:ca:${verb}`, caId]);
    });
  });
}

describe('disable', () => {
  test('the CA is then DISABLED and cannot issue certificates', async () => {
    const caId = await makers.ACTIVED();
    assertDone(await post(account, caId, 'disable'));
    assert.equal(await status(caId), 'DISABLED');
    const issued = await account.send('POST', path, subordinateBody(caId));
    assertRefused(issued, 403, 'PCA.00030201', /DISABLED/);
  });

  test('[terraform docs] the status of a child CA stays consistent with its parent’s: here each keeps its own, so every call is effective', async () => {
    const parent = await create(account);
    const child = await create(account, subordinateBody(parent));
    assertDone(await post(account, parent, 'disable'));
    assert.equal(await status(child), 'ACTIVED');
    assertDone(await post(account, child, 'disable'));
    assertDone(await post(account, child, 'enable'));
    assert.deepEqual([await status(parent), await status(child)], ['DISABLED', 'ACTIVED']);
  });
});

describe('enable', () => {
  test('[terraform] the CA is ACTIVED again after it was enabled', async () => {
    const caId = await makers.DISABLED();
    assertDone(await post(account, caId, 'enable'));
    assert.equal(await status(caId), 'ACTIVED');
    await create(account, subordinateBody(caId));
  });

  test('an expired CA is EXPIRED again', async () => {
    const caId = await makers.EXPIRED();
    assertDone(await post(account, caId, 'disable'));
    assert.equal(await status(caId), 'DISABLED');
    assertDone(await post(account, caId, 'enable'));
    assert.equal(await status(caId), 'EXPIRED');
  });
});

describe('deleteCertificateAuthority: only a CA in status PENDING or DISABLED can be deleted', () => {
  for (const from of ['ACTIVED', 'EXPIRED', 'DELETED'] as const) {
    test(`${from} is refused (403 PCA.00030201)`, async () => {
      const answer = await account.send('DELETE', `${path}/${await makers[from]()}`);
      assertRefused(answer, 403, 'PCA.00030201', /PENDING or DISABLED/);
    });
  }

  test('a PENDING CA is deleted immediately; scheduled deletion is not supported for it; its key and its place in the quota go too', async () => {
    const used = await usedQuota(account);
    const caId = await makers.PENDING();
    const keyId = await keyOf(caId);
    assertDone(await account.send('DELETE', `${path}/${caId}?pending_days=7`));
    assertRefused(await account.send('GET', `${path}/${caId}`), 404, 'PCA.00030102');
    assert.equal(await usedQuota(account), used);
    await assertKeyGone(keyId);
  });

  test('a DISABLED CA is scheduled for deletion after pending_days and gets the status DELETED', async () => {
    const used = await usedQuota(account);
    const caId = await makers.DISABLED();
    const keyId = await keyOf(caId);
    assertDone(await account.send('DELETE', `${path}/${caId}?pending_days=8`));
    assert.equal((await details(account, caId)).delete_time, bench.clock.nowMs() + 8 * dayMs);
    bench.clock.advance(8 * dayMs - 1);
    await bench.jobs.runDue();
    assert.equal(await status(caId), 'DELETED');
    bench.clock.advance(1);
    await bench.jobs.runDue();
    assertRefused(await account.send('GET', `${path}/${caId}`), 404, 'PCA.00030102');
    assert.equal(await usedQuota(account), used);
    await assertKeyGone(keyId);
    const last = (await account.audits()).at(-1);
    assert.deepEqual(
      [last?.action, last?.resource_id, last?.principal_id, last?.detail],
      ['pca:ca:delete', caId, 'pca:ca:delete', 'deletion carried out'],
    );
    const list = await account.send<{ certificate_authorities: { ca_id: string }[] }>(
      'GET',
      `${path}?limit=1000`,
    );
    assert.ok(!list.body.certificate_authorities.some((ca) => ca.ca_id === caId));
  });

  test('pending_days is 7 to 30 days, default 30', async () => {
    for (const days of ['6', '31', '0', '-7', '7.5', '07', 'week']) {
      const answer = await account.send('DELETE', `${path}/${await makers.DISABLED()}?pending_days=${days}`);
      assertRefused(answer, 400, 'PCA.00020001', /pending_days/);
    }
    for (const [query, days] of [
      ['', 30],
      ['?pending_days=', 30],
      ['?pending_days=7', 7],
      ['?pending_days=30', 30],
    ] as const) {
      const caId = await makers.DISABLED();
      assertDone(await account.send('DELETE', `${path}/${caId}${query}`));
      assert.equal((await details(account, caId)).delete_time, bench.clock.nowMs() + days * dayMs);
    }
  });

  test('an unknown CA, and one of another account, is not found (404 PCA.00030102)', async () => {
    assertRefused(await account.send('DELETE', `${path}/${unknownId}`), 404, 'PCA.00030102');
    const caId = await makers.DISABLED();
    assertRefused(await bench.account().send('DELETE', `${path}/${caId}`), 404, 'PCA.00030102');
  });

  test('who lacks the permission is refused (401 PCA.00010004)', async () => {
    const caId = await makers.DISABLED();
    const answer = await account.without('pca:ca:delete').send('DELETE', `${path}/${caId}`);
    assertRefused(answer, 401, 'PCA.00010004');
  });

  test('the chain of a CA below a deleted one stays whole', async () => {
    const rootId = await create(account);
    const caId = await create(account, subordinateBody(rootId));
    const before = await account.send<{ certificate_chain: string }>('POST', `${path}/${caId}/export`);
    await scheduleDeletion(account, rootId, 7);
    bench.clock.advance(7 * dayMs);
    await bench.jobs.runDue();
    const after = await account.send<{ certificate_chain: string }>('POST', `${path}/${caId}/export`);
    assert.deepEqual(after.body, before.body);
  });
});

describe('restore', () => {
  test('the CA gets the status DISABLED, and is not deleted when the time comes', async () => {
    const caId = await makers.DELETED();
    assertDone(await post(account, caId, 'restore'));
    const ca = await details(account, caId);
    assert.deepEqual([ca.status, ca.delete_time], ['DISABLED', null]);
    bench.clock.advance(31 * dayMs);
    await bench.jobs.runDue();
    assert.equal(await status(caId), 'DISABLED');
  });

  test('restored and deleted again, only the latest date counts', async () => {
    const caId = await makers.DELETED();
    assertDone(await post(account, caId, 'restore'));
    bench.clock.advance(25 * dayMs);
    assertDone(await account.send('DELETE', `${path}/${caId}?pending_days=10`));
    bench.clock.advance(9 * dayMs);
    await bench.jobs.runDue();
    assert.equal(await status(caId), 'DELETED');
    bench.clock.advance(dayMs);
    await bench.jobs.runDue();
    assertRefused(await account.send('GET', `${path}/${caId}`), 404, 'PCA.00030102');
  });
});

async function keyOf(caId: string): Promise<string> {
  const row = await bench.database
    .tables<PrivateCaTables>()
    .selectFrom('certificate_authorities')
    .select('key_id')
    .where('ca_id', '=', caId)
    .executeTakeFirstOrThrow();
  return row.key_id!;
}

async function assertKeyGone(keyId: string): Promise<void> {
  const owner = { accountId: account.accountId, purpose: 'pca' } as const;
  await assert.rejects(bench.keyStore.signer(owner, keyId), /not/i);
}
