import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemRandom } from './random.ts';
import { timeOrderedId } from './time-ordered-id.ts';

const of = (nowMs: number, octet: number) =>
  timeOrderedId({ ...systemRandom, bytes: (length) => new Uint8Array(length).fill(octet) }, nowMs);

test('the example of RFC 9562, appendix A.6, has its time, version and variant', () => {
  assert.equal(of(0x017f22e279b0, 0xff), '017f22e2-79b0-7fff-bfff-ffffffffffff');
  assert.equal(of(0x017f22e279b0, 0), '017f22e2-79b0-7000-8000-000000000000');
});

test('ids of a later millisecond sort later, whatever is random in them', () => {
  const moment = fc.integer({ min: 0, max: 2 ** 48 - 2 });
  fc.assert(fc.property(moment, (nowMs) => of(nowMs, 0xff) < of(nowMs + 1, 0)));
});

test('ids of one millisecond differ', () => {
  const ids = new Set(Array.from({ length: 1_000 }, () => timeOrderedId(systemRandom, 1_700_000_000_000)));
  assert.equal(ids.size, 1_000);
  for (const id of ids)
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
