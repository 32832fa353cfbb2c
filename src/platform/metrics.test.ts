import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from './metrics.ts';

test('counts requests, certificates, commits and the backlog', async () => {
  const metrics = createMetrics(new Set(['createCertificate']));
  const observe = metrics.observeRequest('createCertificate');
  observe(200, 3);
  observe(200, 30);
  observe(400, 1);
  metrics.observeCommit(7, 2);
  metrics.watchBacklog(async () => ({ count: 5, lagSeconds: 60, slow: 1 }));
  const lines = (await metrics.text()).split('\n');
  for (const line of [
    'openccm_requests_total{operation="createCertificate",status="200"} 2',
    'openccm_requests_total{operation="createCertificate",status="400"} 1',
    'openccm_request_duration_seconds_bucket{le="0.005",operation="createCertificate"} 2',
    'openccm_request_duration_seconds_count{operation="createCertificate"} 3',
    'openccm_certificates_issued_total{operation="createCertificate"} 2',
    'openccm_database_commit_transactions_bucket{le="8"} 1',
    'openccm_database_commit_transactions_sum 7',
    'openccm_database_commit_duration_seconds_count 1',
    'openccm_jobs_due 5',
    'openccm_jobs_lag_seconds 60',
  ])
    assert.ok(lines.includes(line), line);
});
