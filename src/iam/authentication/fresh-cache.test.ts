import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FixedClock } from '../../platform/clock.ts';
import { FreshCache, IdentityVersion } from './fresh-cache.ts';

function setUp() {
  const clock = new FixedClock(1_000_000);
  const version = new IdentityVersion();
  let loads = 0;
  const cache = new FreshCache<{ value: number }>(clock, version, 10);
  const load = async () => ({ value: ++loads });
  return { clock, version, cache, load };
}

describe('cache of identities', () => {
  it('remembers for a second', async () => {
    const { clock, cache, load } = setUp();
    assert.deepEqual(await cache.get('k', load), { value: 1 });
    clock.advance(1_000);
    assert.deepEqual(await cache.get('k', load), { value: 1 });
    clock.advance(1);
    assert.deepEqual(await cache.get('k', load), { value: 2 });
  });

  it('forgets at once what changed, also what was being loaded then', async () => {
    const { version, cache, load } = setUp();
    let finish: (value: { value: number }) => void = () => {};
    const slow = cache.get('k', () => new Promise((resolve) => (finish = resolve)));
    version.changed();
    assert.deepEqual(await cache.get('k', load), { value: 1 });
    finish({ value: -1 });
    assert.deepEqual(await slow, { value: -1 });
    assert.deepEqual(await cache.get('k', load), { value: 1 });
  });

  it('shares a load, and forgets one that failed or found nothing', async () => {
    const { cache, load } = setUp();
    assert.equal(await cache.get('k', async () => undefined), undefined);
    await assert.rejects(
      cache.get('k', () => Promise.reject(new Error('database'))),
      /database/,
    );
    const [a, b] = await Promise.all([cache.get('k', load), cache.get('k', load)]);
    assert.deepEqual([a, b], [{ value: 1 }, { value: 1 }]);
  });
});
