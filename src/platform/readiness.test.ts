import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Readiness } from './readiness.ts';

function probed(outcomes: readonly boolean[]) {
  const left = [...outcomes];
  const readiness = new Readiness(async () => {
    if (!left.shift()) throw new Error('broken');
  });
  return { readiness, left };
}

test('one failure changes nothing, two in a row do', async () => {
  const once = probed([false, true]);
  assert.deepEqual(await once.readiness.state(), { isReady: true });
  const twice = probed([false, false]);
  assert.deepEqual(await twice.readiness.state(), { isReady: false, reason: 'broken' });
});

test('those who ask together, or soon again, share one probe', async () => {
  const { readiness, left } = probed([true, false, false]);
  await Promise.all([readiness.state(), readiness.state()]);
  assert.deepEqual(await readiness.state(), { isReady: true });
  assert.equal(left.length, 2);
});

test('a probe that never ends counts as one that failed', async () => {
  const readiness = new Readiness(() => new Promise(() => {}));
  const state = await readiness.state();
  assert.equal(state.isReady, false);
});
