import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openSqliteBench } from '../private-ca.fixture.ts';
import { revocationReasons } from '../request-fields.ts';
import type { PrivateCaTables } from '../tables.ts';
import {
  assertDone,
  assertRefused,
  create,
  details,
  path,
  pendingBody,
  post,
  scheduleDeletion,
  subordinateBody,
} from './authorities.fixture.ts';

const bench = await openSqliteBench({ CERTIFICATE_AUTHORITY: 1000, CERTIFICATE: 1000 });
const account = bench.account();
const rootId = await create(account);

async function child(): Promise<string> {
  return create(account, subordinateBody(rootId));
}

/** As the issuer's next CRL would have it. */
async function recorded(
  caId: string,
): Promise<{ revoked_at: number | null; revocation_reason: string | null }> {
  return bench.database
    .tables<PrivateCaTables>()
    .selectFrom('issued_serials')
    .select(['revoked_at', 'revocation_reason'])
    .where('issuer_id', '=', rootId)
    .where('subject_id', '=', caId)
    .executeTakeFirstOrThrow();
}

describe('only a subordinate CA can be revoked', () => {
  test('a root CA is refused (403 PCA.00030201)', async () => {
    assertRefused(await post(account, rootId, 'revoke', {}), 403, 'PCA.00030201', /root CA/);
  });

  test('success is 204 without a body; the CA is DISABLED and cannot issue', async () => {
    const caId = await create(account, { ...subordinateBody(rootId), path_length: 1 });
    assertDone(await post(account, caId, 'revoke', { reason: 'KEY_COMPROMISE' }));
    assert.equal((await details(account, caId)).status, 'DISABLED');
    assertRefused(await account.send('POST', path, subordinateBody(caId)), 403, 'PCA.00030201', /DISABLED/);
    const last = (await account.audits()).at(-1);
    assert.deepEqual([last?.action, last?.resource_id], ['pca:ca:revoke', caId]);
  });

  test('a DISABLED and an EXPIRED CA can be revoked, a PENDING one and one scheduled for deletion cannot', async () => {
    const disabled = await child();
    assertDone(await post(account, disabled, 'disable'));
    assertDone(await post(account, disabled, 'revoke', {}));
    const pending = await create(account, pendingBody);
    assertRefused(await post(account, pending, 'revoke', {}), 403, 'PCA.00030201', /PENDING/);
    const deleted = await child();
    await scheduleDeletion(account, deleted);
    assertRefused(await post(account, deleted, 'revoke', {}), 403, 'PCA.00030201', /DELETED/);
    const validity = { type: 'HOUR', value: 1 };
    const expired = await create(account, { ...subordinateBody(rootId), validity });
    bench.clock.advance(3_601_000);
    assertDone(await post(account, expired, 'revoke', {}));
    assert.equal((await details(account, expired)).status, 'DISABLED');
  });

  test('an unknown CA, and one of another account, is not found (404 PCA.00030102)', async () => {
    assertRefused(await post(bench.account(), await child(), 'revoke', {}), 404, 'PCA.00030102');
  });

  test('who lacks the permission is refused (401 PCA.00010004)', async () => {
    const answer = await post(account.without('pca:ca:revoke'), await child(), 'revoke', {});
    assertRefused(answer, 401, 'PCA.00010004');
  });
});

describe('reason is optional and defaults to UNSPECIFIED', () => {
  test('without a reason, the request body must be {}; otherwise (no body at all) an error is reported', async () => {
    const caId = await child();
    assertRefused(await post(account, caId, 'revoke'), 400, 'PCA.00020001', /body/);
    assertRefused(await post(account, caId, 'revoke', 'null'), 400, 'PCA.00020001', /body/);
    assertDone(await post(account, caId, 'revoke', {}));
    assert.deepEqual(await recorded(caId), {
      revoked_at: bench.clock.nowMs(),
      revocation_reason: 'UNSPECIFIED',
    });
  });

  test('[terraform] without a reason the client sends {"reason": null}', async () => {
    const caId = await child();
    assertDone(await post(account, caId, 'revoke', { reason: null }));
    assert.equal((await recorded(caId)).revocation_reason, 'UNSPECIFIED');
  });

  for (const reason of revocationReasons) {
    test(`${reason} is recorded with the issuer`, async () => {
      const caId = await child();
      assertDone(await post(account, caId, 'revoke', { reason }));
      assert.equal((await recorded(caId)).revocation_reason, reason);
    });
  }

  test('another reason is refused', async () => {
    for (const reason of ['REMOVE_FROM_CRL', 'unspecified', '', 1]) {
      assertRefused(await post(account, await child(), 'revoke', { reason }), 400, 'PCA.00020001', /reason/);
    }
  });
});

describe('a revoked CA', () => {
  test('cannot be enabled again', async () => {
    const caId = await child();
    assertDone(await post(account, caId, 'revoke', {}));
    assertRefused(await post(account, caId, 'enable'), 403, 'PCA.00030201', /revoked/);
  });

  test('cannot be revoked again', async () => {
    const caId = await child();
    assertDone(await post(account, caId, 'revoke', { reason: 'SUPERSEDED' }));
    assertRefused(
      await post(account, caId, 'revoke', { reason: 'KEY_COMPROMISE' }),
      403,
      'PCA.00030201',
      /already/,
    );
    assert.equal((await recorded(caId)).revocation_reason, 'SUPERSEDED');
  });

  test('[terraform] can be deleted, and stays revoked when it is restored', async () => {
    const caId = await child();
    assertDone(await post(account, caId, 'revoke', {}));
    assertDone(await account.send('DELETE', `${path}/${caId}`));
    assertDone(await post(account, caId, 'restore'));
    assertRefused(await post(account, caId, 'enable'), 403, 'PCA.00030201', /revoked/);
  });
});

describe('CERTIFICATE_HOLD means that the certificate is invalid at present and may take effect in the future', () => {
  test('enabling the CA lifts the hold', async () => {
    const caId = await create(account, { ...subordinateBody(rootId), path_length: 1 });
    assertDone(await post(account, caId, 'revoke', { reason: 'CERTIFICATE_HOLD' }));
    assertRefused(await account.send('POST', path, subordinateBody(caId)), 403, 'PCA.00030201', /DISABLED/);
    assertDone(await post(account, caId, 'enable'));
    assert.deepEqual(await recorded(caId), { revoked_at: null, revocation_reason: null });
    await create(account, subordinateBody(caId));
  });

  test('the hold can become final', async () => {
    const caId = await child();
    assertDone(await post(account, caId, 'revoke', { reason: 'CERTIFICATE_HOLD' }));
    assertDone(await post(account, caId, 'revoke', { reason: 'KEY_COMPROMISE' }));
    assert.equal((await recorded(caId)).revocation_reason, 'KEY_COMPROMISE');
    assertRefused(await post(account, caId, 'enable'), 403, 'PCA.00030201', /revoked/);
  });
});
