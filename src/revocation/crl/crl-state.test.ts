import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CrlState, dueKind, nextDueMs, overlapMs, quietUntilMs } from './crl-state.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const nowMs = Date.UTC(2026, 5, 1);
const weekly = { validDays: 7, deltaHours: null };
const withDeltas = { validDays: 7, deltaHours: 6 };

function stateOf(given: Partial<CrlState> = {}): CrlState {
  return {
    ca_id: 'ca',
    account_id: 'account',
    enabled: 1,
    change_count: 5,
    published_count: 5,
    last_number: 9,
    base_number: 8,
    base_this_update: nowMs,
    delta_base: 8,
    delta_this_update: nowMs,
    published_at: nowMs,
    publication_ms: 0,
    published_entries: 0,
    lease: null,
    lease_until: null,
    ...given,
  };
}

test('nothing is due where all is published and in time', () => {
  for (const plan of [weekly, withDeltas]) assert.equal(dueKind(stateOf(), plan, nowMs), undefined);
});

test('a complete CRL is due where there is none, and every valid_days, deltas or not', () => {
  for (const plan of [weekly, withDeltas]) {
    assert.equal(dueKind(stateOf({ base_number: null }), plan, nowMs), 'complete');
    assert.equal(dueKind(stateOf(), plan, nowMs + 7 * dayMs), 'complete');
  }
  assert.equal(dueKind(stateOf(), weekly, nowMs + 7 * dayMs - 1), undefined);
});

test('a change makes a complete CRL due, or a delta where there are deltas', () => {
  const changed = stateOf({ change_count: 6 });
  assert.equal(dueKind(changed, weekly, nowMs), 'complete');
  assert.equal(dueKind(changed, withDeltas, nowMs), 'delta');
});

test('a delta is due every delta_hours, and with each new base', () => {
  assert.equal(dueKind(stateOf(), withDeltas, nowMs + 6 * hourMs - 1), undefined);
  assert.equal(dueKind(stateOf(), withDeltas, nowMs + 6 * hourMs), 'delta');
  assert.equal(dueKind(stateOf({ delta_base: 7 }), withDeltas, nowMs), 'delta');
  assert.equal(dueKind(stateOf({ delta_base: null, delta_this_update: null }), withDeltas, nowMs), 'delta');
});

test('the next is due when the first of both is', () => {
  assert.equal(nextDueMs(stateOf(), weekly), nowMs + 7 * dayMs);
  assert.equal(nextDueMs(stateOf(), withDeltas), nowMs + 6 * hourMs);
  const late = stateOf({ delta_this_update: nowMs + 7 * dayMs - hourMs });
  assert.equal(nextDueMs(late, withDeltas), nowMs + 7 * dayMs);
});

test('a CRL overlaps its successor by a day at most, and by half of short intervals', () => {
  assert.equal(overlapMs(7 * dayMs), dayMs);
  assert.equal(overlapMs(hourMs), hourMs / 2);
});

test('what has many entries rests for three times as long as it took; what has few does not rest', () => {
  const took = { published_at: nowMs, publication_ms: 5_000 };
  assert.equal(quietUntilMs({ ...took, published_at: null, published_entries: 1_000_000 }), 0);
  assert.equal(quietUntilMs({ ...took, published_entries: 49_999 }), 0);
  assert.equal(quietUntilMs({ ...took, published_entries: 50_000 }), nowMs + 15_000);
});
