import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from './random.ts';

test('every amount is of its length, and no octets are given twice', () => {
  const seen = new Set<string>();
  const lengths = Array.from({ length: 3_000 }, (_, index) => 8 + (index % 120));
  for (const length of lengths) {
    const bytes = systemRandom.bytes(length);
    assert.equal(bytes.length, length);
    // The chance that eight octets repeat by accident in 3,000 amounts is 2^-41.
    for (let at = 0; at + 8 <= length; at += 8)
      seen.add(Buffer.from(bytes.subarray(at, at + 8)).toString('hex'));
  }
  assert.equal(
    seen.size,
    lengths.reduce((sum, length) => sum + Math.floor(length / 8), 0),
  );
});

test('what was given belongs to whom it was given: overwriting it changes no later amount', () => {
  const first = systemRandom.bytes(16);
  first.fill(0);
  assert.notDeepEqual(systemRandom.bytes(16), first);
});

test('nothing is asked for, nothing is given', () => {
  assert.equal(systemRandom.bytes(0).length, 0);
});
