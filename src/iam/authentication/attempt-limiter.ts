import { LRUCache } from 'lru-cache';
import type { Clock } from '../../platform/clock.ts';
import { sourceNetwork } from '../../platform/source-network.ts';
import { lockedOut, tooManyRequests } from '../errors.ts';

/** The name that is guessed at, and the source of the guesses. */
export interface AttemptSubject {
  /** Says what is guessed at, such as `user <id>` or `totp <id>`; also for what does not exist. */
  readonly name: string;
  readonly sourceIp: string | undefined;
}

/** When attempts lock a name for a source. */
export interface AttemptRule {
  /** Failures in a row that lock. */
  readonly failures: number;
  /** Failures are forgotten when there was no further one for so long. */
  readonly withinMs: number;
  readonly lockMs: number;
}

/** A reserved attempt, to be held with `using`. Its first outcome counts; disposed without one, it gives its place back. */
export interface Attempt extends AttemptSubject, Disposable {
  /** True if the name has succeeded from this source. */
  readonly isFamiliar: boolean;
  /** Forgets the failures of this source. */
  succeeded(): void;
  /** Returns true if this failure locks. */
  failed(): boolean;
}

interface Count {
  failures: number;
  pending: number;
  lastFailureMs: number;
  lockedUntilMs: number;
  readonly waiting: (() => void)[];
}

interface Limit {
  readonly key: string;
  readonly count: Count;
  readonly rule: AttemptRule;
}

const minute = 60_000;
export const defaultAttemptRule: AttemptRule = { failures: 5, withinMs: 15 * minute, lockMs: 5 * minute };
/** Factor on the failures that lock one source: so many lock a name for all sources from which it never succeeded. */
const failuresOfAllSources = 10;
const maximumCounts = 50_000;
const maximumFamiliar = 50_000;
/** Attempts on one name that may wait for those in flight. */
const maximumWaiting = 64;

/**
 * Limits guesses at a secret that people choose. An attempt is reserved before the secret is compared: as many as could lock are
 * in flight, others wait for their outcome. Counted per name and source, so that a stranger's failures do not lock out the
 * user. Guesses from many sources are bounded by ten times the limit per name; a source from which the name has succeeded
 * is exempt from that bound.
 *
 * Each node counts for itself: a guesser gains a factor of the number of nodes, and a failure costs no write.
 */
export class AttemptLimiter {
  readonly #clock: Clock;
  readonly #counts = new LRUCache<string, Count>({ max: maximumCounts });
  /** Pairs of name and source that succeeded. */
  readonly #familiar = new LRUCache<string, true>({ max: maximumFamiliar });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws `lockedOut` while the name is locked for the source, `tooManyRequests` when too many attempts wait. */
  async reserve(subject: AttemptSubject, rule: AttemptRule = defaultAttemptRule): Promise<Attempt> {
    const pair = JSON.stringify([subject.name, sourceNetwork(subject.sourceIp)]);
    const overall = { ...rule, failures: rule.failures * failuresOfAllSources };
    for (;;) {
      const limits = [this.#limit(pair, rule)];
      if (!this.#familiar.has(pair)) limits.push(this.#limit(`any ${subject.name}`, overall));
      const full = limits.find(({ count, rule: { failures } }) => count.failures + count.pending >= failures);
      if (!full) return this.#open(subject, pair, limits);
      const { count } = full;
      const lockedMs = count.lockedUntilMs - this.#clock.nowMs();
      if (lockedMs > 0 || count.pending === 0) throw lockedOut(lockedMs > 0 ? lockedMs : full.rule.lockMs);
      if (count.waiting.length >= maximumWaiting) throw tooManyRequests();
      await new Promise<void>((resolve) => count.waiting.push(resolve));
    }
  }

  #open(subject: AttemptSubject, pair: string, limits: readonly Limit[]): Attempt {
    for (const { count } of limits) count.pending += 1;
    let isOpen = true;
    const settle = (record: (limit: Limit) => void): void => {
      if (!isOpen) return;
      isOpen = false;
      for (const limit of limits) {
        limit.count.pending -= 1;
        record(limit);
        this.#tidy(limit);
      }
    };
    return {
      ...subject,
      isFamiliar: this.#familiar.has(pair),
      succeeded: () =>
        settle(({ key, count }) => {
          if (key !== pair) return;
          count.failures = 0;
          this.#familiar.set(pair, true);
        }),
      failed: () => {
        settle(({ count, rule }) => this.#fail(count, rule));
        return limits.some(({ key, count }) => key === pair && count.lockedUntilMs !== 0);
      },
      [Symbol.dispose]: () => settle(() => {}),
    };
  }

  /** Forgets failures whose time is over: a lock that has ended gives as many new attempts as before it. */
  #limit(key: string, rule: AttemptRule): Limit {
    const nowMs = this.#clock.nowMs();
    const known = this.#counts.get(key);
    if (!known) {
      const count = { failures: 0, pending: 0, lastFailureMs: nowMs, lockedUntilMs: 0, waiting: [] };
      this.#counts.set(key, count);
      return { key, count, rule };
    }
    const isLocked = known.lockedUntilMs > nowMs;
    if (!isLocked && (known.lockedUntilMs !== 0 || known.lastFailureMs <= nowMs - rule.withinMs)) {
      known.failures = 0;
      known.lockedUntilMs = 0;
    }
    return { key, count: known, rule };
  }

  #fail(count: Count, rule: AttemptRule): void {
    count.failures += 1;
    count.lastFailureMs = this.#clock.nowMs();
    if (count.failures >= rule.failures) count.lockedUntilMs = this.#clock.nowMs() + rule.lockMs;
  }

  #tidy({ key, count }: Limit): void {
    for (const wake of count.waiting.splice(0)) wake();
    if (count.failures === 0 && count.pending === 0) this.#counts.delete(key);
  }
}
