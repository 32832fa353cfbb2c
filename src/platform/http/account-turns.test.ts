import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ServiceError } from '../errors.ts';
import { AccountTurns, type Turn } from './account-turns.ts';

const list = 'GET /list';
/** Twenty milliseconds of the loop, by the estimate. */
const largeAnswer = 600_000;

function turnsAt(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 1_000_000;
  const turns = new AccountTurns(() => nowMs);
  const begun: string[] = [];
  const open: Turn[] = [];
  const settle = () => new Promise(setImmediate);
  return {
    begun,
    open,
    enter: (account: string, route = 'GET /small') =>
      turns.enter(account, route).then((turn) => {
        begun.push(account);
        open.push(turn);
      }),
    end: (bytes: number) => {
      for (const turn of open.splice(0)) turn.end(bytes);
    },
    advance: async (ms: number) => {
      await settle();
      nowMs += ms;
      t.mock.timers.tick(ms);
      await settle();
    },
    settle,
  };
}

test('an account alone is never held up', async (t) => {
  const { begun, enter, end, settle } = turnsAt(t);
  for (let round = 0; round < 100; round += 1) {
    void enter('a', list);
    await settle();
    if (round % 10 === 0) end(largeAnswer);
  }
  assert.equal(begun.length, 100);
});

test('beside another account large answers come one by one, with pauses that leave the loop to others', async (t) => {
  const { begun, enter, end, advance } = turnsAt(t);
  void enter('victim');
  for (let count = 0; count < 4; count += 1) void enter('greedy', list);
  await advance(0);
  end(largeAnswer);
  await advance(100);
  end(largeAnswer);
  begun.length = 0;
  for (let count = 0; count < 8; count += 1) void enter('greedy', list);
  void enter('victim');
  await advance(0);
  assert.ok(begun.filter((name) => name === 'greedy').length <= 2, `${begun}`);
  assert.ok(begun.includes('victim'), 'the victim passes by');
  // Two fifths of a second are twenty answers of twenty milliseconds.
  let served = 0;
  for (let ms = 0; ms < 1_000; ms += 5) {
    const before = begun.length;
    if (ms % 200 === 0) void enter('victim');
    await advance(5);
    end(largeAnswer);
    served += begun.slice(before).filter((name) => name === 'greedy').length;
    void enter('greedy', list);
  }
  assert.ok(served >= 10 && served <= 21, `${served} in a second`);
});

test('so many requests of an account run beside another one, and the next begins when one ends', async (t) => {
  const { begun, open, enter, settle } = turnsAt(t);
  void enter('other');
  for (let count = 0; count < 20; count += 1) void enter('a');
  await settle();
  assert.equal(begun.filter((name) => name === 'a').length, 8);
  open[1]?.end(100);
  await settle();
  assert.equal(begun.filter((name) => name === 'a').length, 9);
});

test('when the other account has gone, what waits begins', async (t) => {
  const { begun, enter, advance } = turnsAt(t);
  void enter('other');
  for (let count = 0; count < 20; count += 1) void enter('a');
  await advance(1_001);
  assert.equal(begun.length, 21);
});

test('beyond 512 waiting requests of an account the next is refused', async (t) => {
  const { enter, settle } = turnsAt(t);
  void enter('other');
  for (let count = 0; count < 520; count += 1) void enter('a');
  await settle();
  await assert.rejects(enter('a'), (error) => error instanceof ServiceError && error.status === 429);
  await enter('other');
});
