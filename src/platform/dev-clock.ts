import type { Clock } from './clock.ts';
import { type Database, readSetting, writeSetting } from './db/index.ts';

/** A clock that can be moved ahead. */
export interface MovableClock extends Clock {
  /** Throws RangeError for what is not a whole number of milliseconds, or goes back. */
  advance(ms: number): void;
}

const settingName = 'dev-clock-ahead-ms';

/**
 * Moves the clock to where it was when the program ended, if it was moved at all, so that a restart does not go back
 * before times that are stored. Answers by how many milliseconds.
 */
export async function restoreDevClock(clock: MovableClock, database: Database): Promise<number> {
  const aheadMs = Number((await readSetting(database, settingName)) ?? 0);
  clock.advance(aheadMs);
  return aheadMs;
}

/** Moves the clock and remembers it. Throws RangeError for what is not a whole number of milliseconds, or goes back. */
export async function advanceDevClock(clock: MovableClock, database: Database, ms: number): Promise<void> {
  if (!Number.isSafeInteger(ms) || ms < 0) throw new RangeError('a clock does not go back');
  await database.transaction(async (transaction) => {
    const aheadMs = Number((await readSetting(transaction, settingName)) ?? 0);
    await writeSetting(transaction, settingName, String(aheadMs + ms));
  });
  clock.advance(ms);
}
