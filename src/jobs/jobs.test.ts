import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeOnEachDatabase } from '../../test/support/databases.ts';
import { FixedClock } from '../platform/clock.ts';
import type { Database } from '../platform/db/index.ts';
import { silentLog } from '../platform/log.ts';
import { systemRandom } from '../platform/random.ts';
import { createJobs, type Job, type Jobs, jobsMigrations, type NewJob, waitsForNetwork } from './index.ts';
import { retryDelayMs } from './job.ts';

const start = 1_700_000_000_000;

function nodeOn(database: Database, clock: FixedClock): Jobs {
  return createJobs({ database, clock, random: systemRandom, log: silentLog });
}

function job(key: string, dueMs: number, payload?: unknown): NewJob {
  return { kind: 'test', key, dueMs, payload, accountId: 'a'.repeat(32) };
}

describeOnEachDatabase('jobs', jobsMigrations, (open) => {
  test('run when due, once, with what was scheduled', async () => {
    const database = await open();
    const clock = new FixedClock(start);
    const jobs = nodeOn(database, clock);
    const ran: Job[] = [];
    jobs.handle('test', async (due) => void ran.push(due));
    await database.transaction(async (transaction) => {
      await jobs.schedule(transaction, job('later', start + 5_000, { n: 1 }));
      await jobs.schedule(transaction, job('now', start));
    });
    assert.deepEqual(await jobs.backlog(), { count: 1, oldestReadyMs: start });
    await jobs.runDue();
    assert.deepEqual(
      ran.map((due) => due.key),
      ['now'],
    );
    clock.advance(5_000);
    await jobs.runDue();
    await jobs.runDue();
    assert.partialDeepStrictEqual(ran, [
      { key: 'now', payload: null, attempt: 1 },
      { key: 'later', payload: { n: 1 }, dueMs: start + 5_000, accountId: 'a'.repeat(32), attempt: 1 },
    ]);
    assert.deepEqual(await jobs.backlog(), { count: 0, oldestReadyMs: undefined });
  });

  test('that make no progress give their lease up to another node, and say so', async () => {
    const database = await open();
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (_facts: object, message: string) => void warnings.push(message) };
    const patience = { renewalMs: 5, slowMs: 10, stuckMs: 20 };
    const clock = new FixedClock(start);
    const jobs = createJobs({ database, clock, random: systemRandom, log, patience });
    const release = Promise.withResolvers<void>();
    jobs.handle('test', () => release.promise);
    await database.transaction((transaction) => jobs.schedule(transaction, job('x', start)));
    const running = jobs.runDue();
    while (jobs.slowJobs() === 0) await sleep(5);
    assert.deepEqual(warnings, ['a job makes no progress']);
    // Renewals end, so that the lease runs out by the clock.
    await sleep(50);
    clock.advance(61_000);
    const other = nodeOn(database, clock);
    let taken = 0;
    other.handle('test', async () => void taken++);
    await other.runDue();
    assert.equal(taken, 1);
    release.resolve();
    await running;
    assert.equal(jobs.slowJobs(), 0);
  });

  test('that take long but get on keep their lease', async () => {
    const database = await open();
    const patience = { renewalMs: 5, slowMs: 1_000, stuckMs: 2_000 };
    const jobs = createJobs({
      database,
      clock: new FixedClock(start),
      random: systemRandom,
      log: silentLog,
      patience,
    });
    jobs.handle('test', async (_due, progress) => {
      for (let step = 0; step < 10; step++) {
        await sleep(5);
        progress.note();
      }
      assert.equal(jobs.slowJobs(), 0);
    });
    await database.transaction((transaction) => jobs.schedule(transaction, job('x', start)));
    await jobs.runDue();
    assert.equal((await jobs.backlog()).count, 0);
  });

  test('are not scheduled by a transaction that fails', async () => {
    const database = await open();
    const jobs = nodeOn(database, new FixedClock(start));
    const scheduling = database.transaction(async (transaction) => {
      await jobs.schedule(transaction, job('x', start));
      throw new Error('no');
    });
    await assert.rejects(scheduling, /no/);
    assert.equal((await jobs.backlog()).count, 0);
  });

  test('are replaced, ensured and cancelled by kind and key', async () => {
    const database = await open();
    const jobs = nodeOn(database, new FixedClock(start));
    const ran: unknown[] = [];
    jobs.handle('test', async (due) => void ran.push([due.key, due.payload]));
    await database.transaction(async (transaction) => {
      await jobs.schedule(transaction, job('replaced', start, 1));
      await jobs.schedule(transaction, job('replaced', start, 2));
      await jobs.schedule(transaction, job('ensured', start + 1, 1));
      await jobs.ensure(transaction, job('ensured', start, 2));
      await jobs.schedule(transaction, job('cancelled', start));
      await jobs.cancel(transaction, 'test', 'cancelled');
    });
    await jobs.runDue();
    assert.deepEqual(ran, [['replaced', 2]]);
  });

  test('are tried again, ever later', async () => {
    const database = await open();
    const clock = new FixedClock(start);
    const jobs = nodeOn(database, clock);
    const attempts: number[] = [];
    jobs.handle('test', async (due) => {
      attempts.push(due.attempt);
      if (due.attempt < 4) throw new Error('not yet');
    });
    await database.transaction((transaction) => jobs.schedule(transaction, job('x', start)));
    for (const [delay, expected] of [
      [0, 1],
      [999, 1],
      [1, 2],
      [1_999, 2],
      [1, 3],
      [4_000, 4],
      [3_600_000, 4],
    ] as const) {
      clock.advance(delay);
      await jobs.runDue();
      assert.equal(attempts.length, expected);
    }
    assert.deepEqual(attempts, [1, 2, 3, 4]);
  });

  test('are tried again in time whatever their failure is called', async () => {
    const database = await open();
    const clock = new FixedClock(start);
    const jobs = nodeOn(database, clock);
    let attempts = 0;
    jobs.handle('test', async () => {
      attempts += 1;
      throw new Error('a\0b');
    });
    await database.transaction((transaction) => jobs.schedule(transaction, job('x', start)));
    await jobs.runDue();
    clock.advance(1_000);
    await jobs.runDue();
    assert.equal(attempts, 2);
  });

  test('come again when their handler says so', async () => {
    const database = await open();
    const clock = new FixedClock(start);
    const jobs = nodeOn(database, clock);
    const ran: number[] = [];
    jobs.handle('test', async (due) => {
      ran.push(due.dueMs);
      return { nextDueMs: due.dueMs + 60_000 };
    });
    await database.transaction((transaction) => jobs.ensure(transaction, job('sweep', start)));
    await jobs.runDue();
    await jobs.runDue();
    clock.advance(60_000);
    await jobs.runDue();
    assert.deepEqual(ran, [start, start + 60_000]);
  });

  test('of one kind leave a place to others, however many there are and however long they take', async () => {
    const database = await open();
    const jobs = nodeOn(database, new FixedClock(start));
    const slow = Promise.withResolvers<void>();
    const other = Promise.withResolvers<void>();
    let atOnce = 0;
    jobs.handle(
      'test',
      waitsForNetwork(async () => {
        atOnce += 1;
        await slow.promise;
      }),
    );
    jobs.handle(
      'other',
      waitsForNetwork(async () => other.resolve()),
    );
    await database.transaction(async (transaction) => {
      for (let index = 0; index < 9; index += 1) await jobs.schedule(transaction, job(`${index}`, start));
      await jobs.schedule(transaction, { ...job('x', start + 1), kind: 'other', dueMs: start });
    });
    const all = jobs.runDue();
    await other.promise;
    assert.ok(atOnce <= 3, `${atOnce}`);
    slow.resolve();
    await all;
    assert.equal(atOnce, 9);
  });

  test('that wait for the network delay neither local ones nor those of another account', async () => {
    const database = await open();
    const jobs = nodeOn(database, new FixedClock(start));
    const silence = Promise.withResolvers<void>();
    const done: string[] = [];
    const both = Promise.withResolvers<void>();
    const note = (name: string) => {
      done.push(name);
      if (done.length === 2) both.resolve();
    };
    let waiting = 0;
    jobs.handle(
      'test',
      waitsForNetwork(async ({ accountId }) => {
        if (accountId === 'victim') return note('network');
        waiting += 1;
        await silence.promise;
      }),
    );
    jobs.handle('local', async () => note('local'));
    await database.transaction(async (transaction) => {
      for (let index = 0; index < 300; index += 1)
        await jobs.schedule(transaction, job(`${index}`, start - 1));
      await jobs.schedule(transaction, { ...job('x', start), kind: 'local' });
      await jobs.schedule(transaction, { ...job('y', start), accountId: 'victim' });
    });
    const all = jobs.runDue();
    await both.promise;
    assert.ok(waiting <= 4, `${waiting} of the account that waits`);
    silence.resolve();
    await all;
    assert.equal(waiting, 300);
  });

  test('of accounts take turns, and many accounts run at once', async () => {
    const database = await open();
    const jobs = nodeOn(database, new FixedClock(start));
    const ran: string[] = [];
    const release = Promise.withResolvers<void>();
    const full = Promise.withResolvers<void>();
    jobs.handle(
      'test',
      waitsForNetwork(async ({ accountId }) => {
        ran.push(accountId);
        if (ran.length === 64) full.resolve();
        await release.promise;
      }),
    );
    await database.transaction(async (transaction) => {
      for (let index = 0; index < 100; index += 1)
        for (const accountId of ['a', `account ${index}`])
          await jobs.schedule(transaction, { ...job(`${accountId} ${index}`, start), accountId });
    });
    const all = jobs.runDue();
    await full.promise;
    assert.equal(new Set(ran).size, 64, 'each of another account');
    release.resolve();
    await all;
    assert.equal(ran.length, 200);
  });

  test('that an older release scheduled go to the pool of their kind at the start', async () => {
    const database = await open();
    const clock = new FixedClock(start);
    const older = nodeOn(database, clock);
    await database.transaction((transaction) => older.schedule(transaction, job('x', start)));
    const jobs = nodeOn(database, clock);
    const ran = Promise.withResolvers<void>();
    jobs.handle(
      'test',
      waitsForNetwork(async () => ran.resolve()),
    );
    jobs.start();
    await ran.promise;
    await jobs.close();
  });

  test('run once although several nodes look at the same time', async () => {
    const database = await open();
    const clock = new FixedClock(start);
    const ran: string[] = [];
    const nodes = [1, 2, 3].map(() => nodeOn(database, clock));
    for (const node of nodes) node.handle('test', async (due) => void ran.push(due.key));
    const keys = Array.from({ length: 20 }, (_, index) => `job ${index}`).sort();
    await database.transaction(async (transaction) => {
      for (const key of keys) await nodes[0]!.schedule(transaction, job(key, start));
    });
    await Promise.all(nodes.map((node) => node.runDue()));
    assert.deepEqual(ran.sort(), keys);
  });

  test('are taken over after the lease of a node that died', async () => {
    const database = await open();
    const clock = new FixedClock(start);
    const [dying, heir] = [nodeOn(database, clock), nodeOn(database, clock)];
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    dying.handle('test', async () => {
      begun.resolve();
      await release.promise;
    });
    const attempts: number[] = [];
    heir.handle('test', async (due) => {
      attempts.push(due.attempt);
      throw new Error('keeps the row, to see what the first does to it');
    });
    await database.transaction((transaction) => heir.schedule(transaction, job('x', start)));
    const dyingRun = dying.runDue();
    await begun.promise;
    await heir.runDue();
    assert.deepEqual(attempts, []);
    clock.advance(60_000);
    await heir.runDue();
    assert.deepEqual(attempts, [2]);
    release.resolve();
    await dyingRun;
    clock.advance(3_600_000);
    assert.equal((await heir.backlog()).count, 1);
  });

  test('scheduled anew while they run, run again', async () => {
    const database = await open();
    const clock = new FixedClock(start);
    const jobs = nodeOn(database, clock);
    const ran: unknown[] = [];
    jobs.handle('test', async (due) => {
      ran.push(due.payload);
      if (ran.length > 1) return;
      await database.transaction((transaction) => jobs.schedule(transaction, job('x', start, 'second')));
    });
    await database.transaction((transaction) => jobs.schedule(transaction, job('x', start, 'first')));
    await jobs.runDue();
    assert.deepEqual(ran, ['first', 'second']);
  });

  test('of a kind that this node does not know are left to others', async () => {
    const database = await open();
    const clock = new FixedClock(start);
    const jobs = nodeOn(database, clock);
    jobs.handle('other', async () => {});
    await database.transaction((transaction) => jobs.schedule(transaction, job('x', start)));
    await jobs.runDue();
    assert.equal((await jobs.backlog()).count, 1);
    assert.throws(() => jobs.handle('other', async () => {}), /have a handler already/);
  });

  test('run by themselves once started, and are waited for at the end', async () => {
    const database = await open();
    const clock = new FixedClock(start);
    const jobs = nodeOn(database, clock);
    const ran = Promise.withResolvers<string>();
    let finished = false;
    jobs.handle('test', async (due) => {
      ran.resolve(due.key);
      await new Promise((resolve) => setImmediate(resolve));
      finished = true;
    });
    await database.transaction((transaction) => jobs.schedule(transaction, job('x', start)));
    jobs.start();
    assert.equal(await ran.promise, 'x');
    await jobs.close();
    assert.equal(finished, true);
    assert.equal((await jobs.backlog()).count, 0);
  });
});

test('the delay before a retry doubles from a second to an hour', () => {
  assert.deepEqual(
    [1, 2, 3, 12, 13, 1_000].map(retryDelayMs),
    [1_000, 2_000, 4_000, 2_048_000, 3_600_000, 3_600_000],
  );
});
