import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedStatuses, certificateStatuses, shownStatus } from './certificate-status.ts';

// The tests of the operations ask this table what to expect of each state, so what it says is written out here once more.
test('the states in which each operation may begin', () => {
  assert.deepEqual(allowedStatuses, {
    applyCertificate: ['PAID', 'UNPASSED'],
    cancelApplication: ['CHECKING', 'CHECKING_DOMAIN', 'CHECKING_ORG'],
    exportCertificate: [
      ...['ISSUED', 'UPLOAD', 'EXPIRED', 'REVOKED'],
      ...['SUPPLEMENTCHECKING', 'CANCELSUPPLEMENTING', 'REVOKING', 'CANCLEREVOKING'],
    ],
    pushCertificate: ['ISSUED', 'UPLOAD'],
    deployCertificate: ['ISSUED', 'UPLOAD'],
    listDeployedResources: ['ISSUED', 'UPLOAD'],
    deleteCertificate: ['UPLOAD', 'ISSUED', 'EXPIRED', 'REVOKED', 'UNPASSED'],
    unsubscribeCertificate: ['PAID'],
    revokeCertificate: ['ISSUED'],
    reviewApplication: ['CHECKING_ORG'],
    checkApplication: ['CHECKING_DOMAIN'],
  });
});

test('what is in use is EXPIRED from the instant of its end; every other state is shown as it is', () => {
  for (const status of certificateStatuses) {
    if (status === 'EXPIRED') continue;
    const shown = (nowMs: number) => shownStatus({ status, not_after: 1_000 }, nowMs);
    const isInUse = status === 'ISSUED' || status === 'UPLOAD';
    assert.deepEqual([shown(999), shown(1_000)], [status, isInUse ? 'EXPIRED' : status]);
  }
});
