import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../test/support/databases.ts';
import { AdvancingClock, FixedClock } from './clock.ts';
import { settingsMigrations } from './db/index.ts';
import { advanceDevClock, restoreDevClock } from './dev-clock.ts';

describeOnEachDatabase('dev clock', settingsMigrations, (open) => {
  test('does not go back when the program starts again', async () => {
    const database = await open();
    const machine = new FixedClock(1_700_000_000_000);
    const before = new AdvancingClock(machine);
    await advanceDevClock(before, database, 60_000);
    await advanceDevClock(before, database, 1);
    assert.equal(before.nowMs(), 1_700_000_060_001);

    const after = new AdvancingClock(machine);
    assert.equal(await restoreDevClock(after, database), 60_001);
    assert.equal(after.nowMs(), before.nowMs());
  });

  test('refuses to go back and remembers nothing of it', async () => {
    const database = await open();
    const clock = new AdvancingClock(new FixedClock(0));
    await assert.rejects(advanceDevClock(clock, database, -1), RangeError);
    assert.equal(await restoreDevClock(clock, database), 0);
  });
});
