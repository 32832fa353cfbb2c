import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FairPool, type FairPoolLimits, type Place, PoolFull } from './fair-pool.ts';

/** A pool whose works end when they are told to, in the order in which they began. */
function observed(limits: FairPoolLimits) {
  const pool = new FairPool(limits);
  const began: string[] = [];
  const ends: (() => void)[] = [];
  const outcomes: Promise<unknown>[] = [];
  const run = (name: string, place: Place | string = name.slice(0, 1)) => {
    const outcome = pool.run(typeof place === 'string' ? { share: place } : place, async () => {
      began.push(name);
      await new Promise<void>((resolve) => ends.push(resolve));
    });
    outcomes.push(outcome);
    outcome.catch(() => {});
    return outcome;
  };
  const settle = () => new Promise(setImmediate);
  const endAll = async () => {
    for (let end = ends.shift(); end; end = ends.shift()) {
      end();
      await settle();
    }
    return Promise.allSettled(outcomes);
  };
  return { began, run, settle, endAll };
}

const refused = async (outcome: Promise<unknown>) => {
  await assert.rejects(outcome, (error) => {
    assert.ok(error instanceof PoolFull);
    assert.equal(error.status, 429);
    assert.ok((error.retryAfterSeconds ?? 0) > 0);
    return true;
  });
};

test('shares take turns, whoever came with much', async () => {
  const { began, run, endAll } = observed({ atOnce: 1, waiting: 50 });
  for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']) run(name);
  await endAll();
  assert.deepEqual(began, ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
});

test('whoever comes back right after a turn waits for those who did not have one', async () => {
  const { began, run, endAll } = observed({ atOnce: 1, waiting: 50 });
  void run('a1').then(() => run('a2'));
  run('b1');
  run('c1');
  await endAll();
  assert.deepEqual(began, ['a1', 'b1', 'c1', 'a2']);
});

test('turns within turns: many names of one source have one turn of the source', async () => {
  const { began, run, endAll } = observed({ atOnce: 1, waiting: 50 });
  const of = (source: string, name: string) =>
    run(`${source}${name}`, { share: source, turns: [source, name] });
  of('x', '1');
  for (const name of ['1', '1', '2', '3']) of('x', name);
  for (const name of ['1', '2']) of('y', name);
  await endAll();
  assert.deepEqual(began, ['x1', 'y1', 'x2', 'y2', 'x3', 'x1', 'x1']);
});

test('so many run at once, of one share fewer', async () => {
  const { began, run, settle, endAll } = observed({ atOnce: 3, atOncePerShare: 2, waiting: 50 });
  for (const name of ['a1', 'a2', 'a3', 'b1', 'c1']) run(name);
  await settle();
  assert.deepEqual(began, ['a1', 'a2', 'b1']);
  await endAll();
  assert.equal(began.length, 5);
});

test('a share beyond its waiting places is refused', async () => {
  const { run, endAll } = observed({ atOnce: 1, waiting: 50, waitingPerShare: 2 });
  for (const name of ['a1', 'a2', 'a3']) run(name);
  await refused(run('a4'));
  const b = run('b1');
  await endAll();
  await b;
});

test('when it is full, a newcomer takes the newest place of whoever has most', async () => {
  const { began, run, endAll } = observed({ atOnce: 1, waiting: 3 });
  for (const name of ['a1', 'a2', 'a3']) run(name);
  const newest = run('a4');
  run('b1');
  await refused(newest);
  await refused(run('b2'));
  await endAll();
  assert.deepEqual(began, ['a1', 'b1', 'a2', 'a3']);
});

test('work that fails gives its place to the next', async () => {
  const pool = new FairPool({ atOnce: 1, waiting: 1 });
  const failing = pool.run({ share: 'a' }, async () => {
    throw new Error('no');
  });
  const next = pool.run({ share: 'a' }, async () => 'done');
  await assert.rejects(failing, /no/);
  assert.equal(await next, 'done');
});
