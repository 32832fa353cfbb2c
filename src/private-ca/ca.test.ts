import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ServiceError } from '../platform/errors.ts';
import {
  type CaOperation,
  type CaStatus,
  caStatus,
  caStatuses,
  isRevokedForGood,
  requireAllowed,
} from './ca.ts';

const nowMs = 1_700_000_000_000;

function seen(status: CaStatus) {
  const stored = status === 'EXPIRED' ? 'ACTIVED' : status;
  return { status: stored, not_after: status === 'EXPIRED' ? nowMs - 1 : nowMs, freeze_flag: 0 };
}

/** Reference A.2.2, PCA.00030201, the nine conditions, and those of what relying parties ask (PCA-D072). */
const conditions: Record<CaOperation, readonly CaStatus[]> = {
  disable: ['ACTIVED', 'EXPIRED'],
  enable: ['DISABLED'],
  delete: ['PENDING', 'DISABLED'],
  restore: ['DELETED'],
  exportCsr: ['PENDING'],
  export: ['ACTIVED', 'EXPIRED'],
  activate: ['PENDING'],
  import: ['PENDING'],
  issue: ['ACTIVED'],
  revoke: ['ACTIVED', 'EXPIRED', 'DISABLED'],
  enableCrl: ['ACTIVED', 'DISABLED'],
  disableCrl: ['PENDING', 'ACTIVED', 'DISABLED', 'EXPIRED', 'DELETED'],
  switchOcsp: ['ACTIVED', 'DISABLED', 'EXPIRED'],
  setPolicy: ['PENDING', 'ACTIVED', 'DISABLED', 'EXPIRED'],
  share: ['PENDING', 'ACTIVED', 'DISABLED', 'EXPIRED'],
  revokeIssued: ['ACTIVED', 'DISABLED', 'EXPIRED', 'DELETED'],
};

for (const [operation, allowed] of Object.entries(conditions) as [CaOperation, readonly CaStatus[]][]) {
  test(`${operation} is allowed in ${allowed.join(' and ')} only`, () => {
    for (const status of caStatuses) {
      const attempt = () => requireAllowed(operation, seen(status), nowMs);
      if (allowed.includes(status)) attempt();
      else assert.throws(attempt, (error) => error instanceof ServiceError && error.code === 'PCA.00030201');
    }
  });

  test(`${operation} is refused while the CA is frozen, whatever its status`, () => {
    for (const status of caStatuses) {
      assert.throws(
        () => requireAllowed(operation, { ...seen(status), freeze_flag: 2 }, nowMs),
        (error) => error instanceof ServiceError && error.code === 'PCA.00030202',
      );
    }
  });
}

describe('caStatus', () => {
  test('ACTIVED becomes EXPIRED after not_after, which still belongs to the validity', () => {
    const ca = { status: 'ACTIVED', not_after: nowMs } as const;
    assert.deepEqual([caStatus(ca, nowMs), caStatus(ca, nowMs + 1)], ['ACTIVED', 'EXPIRED']);
  });

  test('no other status expires', () => {
    for (const status of ['PENDING', 'DISABLED', 'DELETED', 'PURGED'] as const) {
      assert.equal(caStatus({ status, not_after: 0 }, nowMs), status);
    }
  });
});

test('a hold is not for good, every other revocation is', () => {
  assert.equal(isRevokedForGood({ revoked_at: null, revocation_reason: null }), false);
  assert.equal(isRevokedForGood({ revoked_at: 1, revocation_reason: 'CERTIFICATE_HOLD' }), false);
  assert.equal(isRevokedForGood({ revoked_at: 1, revocation_reason: 'UNSPECIFIED' }), true);
});
