import { LRUCache } from 'lru-cache';
import type { Clock } from '../../platform/clock.ts';

const failuresInARow = 5;
const lockMs = 5 * 60_000;
const maximumSubjects = 50_000;

/**
 * Locks a subject for five minutes after five failures in a row. Kept by each node for itself: a guesser gains a factor of the
 * number of nodes, and a failed guess costs no write.
 */
export class FailureLock {
  readonly #clock: Clock;
  readonly #failures = new LRUCache<string, { count: number; lockedUntilMs: number }>({
    max: maximumSubjects,
  });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isLocked(subject: string): boolean {
    const failure = this.#failures.get(subject);
    return failure !== undefined && failure.lockedUntilMs > this.#clock.nowMs();
  }

  /** True if this failure locks the subject. */
  failed(subject: string): boolean {
    const known = this.#failures.get(subject);
    // A lock that has ended gives five new attempts.
    const count = known && known.lockedUntilMs === 0 ? known.count + 1 : 1;
    const locks = count >= failuresInARow;
    this.#failures.set(subject, { count, lockedUntilMs: locks ? this.#clock.nowMs() + lockMs : 0 });
    return locks;
  }

  succeeded(subject: string): void {
    this.#failures.delete(subject);
  }
}
