/** Time as a port: nothing but this file asks the machine for it, so a test or the dev clock can move it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };

/** A clock that runs with the machine's, ahead by what it was advanced. Time never goes back: certificates would. */
export class AdvancingClock implements Clock {
  readonly #base: Clock;
  #aheadMs: number;

  constructor(base: Clock = systemClock, aheadMs = 0) {
    this.#base = base;
    this.#aheadMs = aheadMs;
  }

  nowMs(): number {
    return this.#base.nowMs() + this.#aheadMs;
  }

  get aheadMs(): number {
    return this.#aheadMs;
  }

  advance(ms: number): void {
    if (!Number.isSafeInteger(ms) || ms < 0)
      throw new RangeError('a clock advances by a whole number of milliseconds, not back');
    this.#aheadMs += ms;
  }
}

/** A clock that stands still until it is set, for tests. */
export class FixedClock implements Clock {
  #nowMs: number;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}
