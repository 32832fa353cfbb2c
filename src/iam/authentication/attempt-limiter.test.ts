import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FixedClock } from '../../platform/clock.ts';
import { ServiceError } from '../../platform/errors.ts';
import { AttemptLimiter, type AttemptRule } from './attempt-limiter.ts';

const minute = 60_000;
const home = { name: 'user alice', sourceIp: '192.0.2.1' };
const locked = (error: unknown) => error instanceof ServiceError && error.status === 401;

function limiterAt(clock = new FixedClock(1_700_000_000_000)) {
  const limiter = new AttemptLimiter(clock);
  const guess = async (from: string, times = 1, rule?: AttemptRule) => {
    for (let count = 0; count < times; count += 1)
      (await limiter.reserve({ ...home, sourceIp: from }, rule)).failed();
  };
  return { clock, limiter, guess };
}

test('45 attempts in parallel compare five times, and the lock refuses the others', async () => {
  const { limiter } = limiterAt();
  const compared = Promise.withResolvers<void>();
  let comparisons = 0;
  const attempts = Array.from({ length: 45 }, async () => {
    using attempt = await limiter.reserve(home);
    comparisons += 1;
    await compared.promise;
    attempt.failed();
  });
  await new Promise(setImmediate);
  assert.equal(comparisons, 5);
  compared.resolve();
  const outcomes = await Promise.allSettled(attempts);
  assert.equal(comparisons, 5);
  assert.equal(outcomes.filter(({ status }) => status === 'rejected').length, 40);
  await assert.rejects(limiter.reserve(home), locked);
});

test('attempts that wait go on when those before them succeed', async () => {
  const { limiter } = limiterAt();
  let inFlight = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 45 }, async () => {
      using attempt = await limiter.reserve(home);
      inFlight += 1;
      most = Math.max(most, inFlight);
      await new Promise(setImmediate);
      inFlight -= 1;
      attempt.succeeded();
    }),
  );
  assert.equal(most, 5);
});

test('an attempt without an outcome gives its place back and counts for nothing', async () => {
  const { limiter, guess } = limiterAt();
  await guess(home.sourceIp, 4);
  for (let count = 0; count < 9; count += 1) {
    using _unused = await limiter.reserve(home);
  }
  assert.equal((await limiter.reserve(home)).failed(), true);
});

test('more than 64 attempts on one name do not wait', async () => {
  const { limiter } = limiterAt();
  const open = await Promise.all(Array.from({ length: 5 }, () => limiter.reserve(home)));
  const waiting = Array.from({ length: 64 }, () => limiter.reserve(home));
  await assert.rejects(
    limiter.reserve(home),
    (error) => error instanceof ServiceError && error.status === 429,
  );
  for (const attempt of open) attempt.failed();
  for (const { status } of await Promise.allSettled(waiting)) assert.equal(status, 'rejected');
});

test('a stranger who locks a name locks it for the own source only', async () => {
  const { clock, limiter, guess } = limiterAt();
  await guess('198.51.100.7', 5);
  await assert.rejects(guess('198.51.100.7'), locked);
  (await limiter.reserve(home)).succeeded();
  clock.advance(5 * minute);
  await guess('198.51.100.7', 5);
});

test('many sources are bounded together, except where the name has succeeded', async () => {
  const { limiter, guess } = limiterAt();
  (await limiter.reserve(home)).succeeded();
  for (let source = 0; source < 10; source += 1) await guess(`198.51.100.${source}`, 5);
  await assert.rejects(guess('198.51.100.99'), locked);
  (await limiter.reserve(home)).succeeded();
});

test('failures are forgotten after a success, and after a while without another', async () => {
  const { clock, limiter, guess } = limiterAt();
  await guess(home.sourceIp, 4);
  (await limiter.reserve(home)).succeeded();
  await guess(home.sourceIp, 4);
  clock.advance(15 * minute);
  await guess(home.sourceIp, 4);
  (await limiter.reserve(home)).succeeded();
});

test('an account may have a rule of its own', async () => {
  const { clock, guess } = limiterAt();
  const strict = { failures: 3, withinMs: 60 * minute, lockMs: 30 * minute };
  await guess(home.sourceIp, 3, strict);
  clock.advance(30 * minute - 1);
  await assert.rejects(guess(home.sourceIp, 1, strict), /try again in a minute/);
  clock.advance(1);
  await guess(home.sourceIp, 1, strict);
});
