import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addPeriod } from './period.ts';
import { amountCents } from './prices.ts';

const at = (text: string) => Date.parse(`${text}Z`);

test('periods are months and years of the calendar, in UTC', () => {
  const cases = [
    ['2024-01-31T10:20:30', 2, 1, '2024-02-29T10:20:30'],
    ['2023-01-31T10:20:30', 2, 1, '2023-02-28T10:20:30'],
    ['2024-02-29T00:00:00', 3, 1, '2025-02-28T00:00:00'],
    ['2024-12-15T23:59:59', 2, 1, '2025-01-15T23:59:59'],
    ['2024-03-15T10:20:30', 3, 10, '2034-03-15T10:20:30'],
    ['2024-03-15T10:20:30', 3, 2_147_483_647, '9999-12-31T23:59:59'],
  ] as const;
  for (const [from, period_type, period_num, to] of cases)
    assert.equal(addPeriod(at(from), { period_type, period_num }), at(to), from);
});

test('more is never earlier, and twelve months are a year', () => {
  const times = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) });
  const counts = fc.integer({ min: 1, max: 200 });
  fc.assert(
    fc.property(times, counts, (from, count) => {
      const months = (period_num: number) => addPeriod(from, { period_type: 2, period_num });
      assert.ok(months(count) > from && months(count + 1) > months(count));
      assert.equal(months(12 * count), addPeriod(from, { period_type: 3, period_num: count }));
    }),
  );
});

test('an amount is exact, and never more than a column holds', () => {
  const prices = { monthCents: 9_950, yearCents: 100_000, currency: 'EUR' };
  assert.equal(amountCents(prices, { period_type: 2, period_num: 3 }, 2), 59_700);
  assert.equal(amountCents(prices, { period_type: 3, period_num: 1 }, 1), 100_000);
  const most = amountCents(prices, { period_type: 3, period_num: 2_147_483_647 }, 1_000);
  assert.equal(most, Number.MAX_SAFE_INTEGER);
});
