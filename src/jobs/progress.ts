/** Times that a job may take between two steps, in milliseconds. */
export interface Patience {
  /** Interval at which the lease of a running job is renewed. */
  readonly renewalMs: number;
  /** Without progress for so long a job is told of in the log and the metrics. */
  readonly slowMs: number;
  /** Without progress for so long a job gives its lease up, so that another node takes it over. */
  readonly stuckMs: number;
}

export const usualPatience: Patience = { renewalMs: 20_000, slowMs: 60_000, stuckMs: 300_000 };

/** Measures a job's progress. A handler that works for long notes each step, such as a page of rows. */
export class Progress {
  readonly #patience: Patience;
  #notedMs = performance.now();

  constructor(patience: Patience = usualPatience) {
    this.#patience = patience;
  }

  note(): void {
    this.#notedMs = performance.now();
  }

  get isSlow(): boolean {
    return this.#idleMs >= this.#patience.slowMs;
  }

  get isStuck(): boolean {
    return this.#idleMs >= this.#patience.stuckMs;
  }

  get #idleMs(): number {
    return performance.now() - this.#notedMs;
  }
}
