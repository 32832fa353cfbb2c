import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { FixedClock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { silentLog } from '../../platform/log.ts';
import { systemRandom } from '../../platform/random.ts';
import { holdPlace } from './hold-place.ts';
import { deploymentMigrations } from './migrations.ts';
import { endLease, takeLease } from './place-lease-store.ts';

const startMs = Date.UTC(2025, 0, 1);

function portsOf(database: Database, clock = new FixedClock(startMs)) {
  return { database, clock, random: systemRandom, log: silentLog };
}

describeOnEachDatabase('places of deployments', deploymentMigrations, (open) => {
  test('works on one place follow one another; on another they do not wait', async () => {
    const ports = portsOf(await open());
    const events: string[] = [];
    const work = (name: string) => async () => {
      events.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`${name} ends`);
      return name;
    };
    const done = await Promise.all([
      holdPlace(ports, 'p', work('first')),
      holdPlace(ports, 'p', work('second')),
      holdPlace(ports, 'q', work('other')),
    ]);
    assert.deepEqual(done, ['first', 'second', 'other']);
    const ofPlace = events.filter((event) => !event.startsWith('other'));
    assert.deepEqual(ofPlace, ['first begins', 'first ends', 'second begins', 'second ends']);
  });

  test('a work that fails gives its place back', async () => {
    const ports = portsOf(await open());
    await assert.rejects(
      holdPlace(ports, 'p', () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await holdPlace(ports, 'p', async () => 'yes'), 'yes');
  });

  test('another node is waited for until it is done', async () => {
    const ports = portsOf(await open());
    const { database } = ports;
    const times = { nowMs: startMs, expiresMs: startMs + 60_000 };
    assert.ok(await database.transaction((transaction) => takeLease(transaction, 'p', 'other node', times)));
    let isFree = false;
    const held = holdPlace(ports, 'p', async () => isFree);
    await new Promise((resolve) => setTimeout(resolve, 20));
    isFree = true;
    await database.transaction((transaction) => endLease(transaction, 'p', 'other node'));
    assert.equal(await held, true);
  });

  test('a node that died holds nobody up for longer than its lease', async () => {
    const clock = new FixedClock(startMs);
    const ports = portsOf(await open(), clock);
    const times = { nowMs: startMs, expiresMs: startMs + 60_000 };
    await ports.database.transaction((transaction) => takeLease(transaction, 'p', 'dead node', times));
    clock.advance(60_000);
    assert.equal(await holdPlace(ports, 'p', async () => 'done'), 'done');
  });
});
