import type { StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Transaction } from './database.ts';
import { translateSqliteError } from './database-unavailable.ts';
import type { SqliteConnection } from './sqlite-dialect.ts';

/** Bounds how long the first in a batch waits for the last, and how much a failed commit takes with it. */
const largestBatch = 256;
const longestBatchMs = 20;
/** Works take microseconds. One that takes so long waits for a transaction that waits for it. */
const usualStuckAfterMs = 30_000;

/** Told of every commit: how many transactions shared it, and the milliseconds from its begin until it was durable. */
export type CommitObserver = (transactions: number, durationMs: number) => void;

interface Waiting {
  /** Runs the work and settles nothing; the promise tells how the work ended. */
  run(): Promise<unknown>;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

type Outcome = { waiting: Waiting } & ({ done: true; result: unknown } | { done: false; error: unknown });

/**
 * Lets transactions that wait together share one commit and so one fsync. Each runs in a savepoint of its own, one after the
 * other. Nobody learns its outcome before the commit: even a refusal may rest on what a neighbour wrote.
 */
export class GroupCommit {
  readonly #connection: SqliteConnection;
  readonly #savepoint: StatementSync;
  readonly #release: StatementSync;
  readonly #runInTransaction: <Result>(
    work: (transaction: Transaction) => Promise<Result>,
  ) => Promise<Result>;
  readonly #observe: CommitObserver;
  readonly #stuckAfterMs: number;
  #queue: Waiting[] = [];
  #draining: Promise<void> | undefined;

  constructor(
    connection: SqliteConnection,
    runInTransaction: <Result>(work: (transaction: Transaction) => Promise<Result>) => Promise<Result>,
    observe: CommitObserver,
    stuckAfterMs = usualStuckAfterMs,
  ) {
    this.#connection = connection;
    this.#savepoint = connection.sqlite.prepare('savepoint work');
    this.#release = connection.sqlite.prepare('release work');
    this.#runInTransaction = runInTransaction;
    this.#observe = observe;
    this.#stuckAfterMs = stuckAfterMs;
  }

  run<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#queue.push({
        run: () => this.#runInTransaction(work),
        resolve: resolve as (result: unknown) => void,
        reject,
      });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      // Requests that the event loop has read already get the chance to join.
      await nextTurn();
      await this.#commitTogether();
    }
    this.#draining = undefined;
  }

  async #commitTogether(): Promise<void> {
    const { sqlite } = this.#connection;
    const outcomes: Outcome[] = [];
    const watch = setInterval(() => this.#refuseWaiting(), this.#stuckAfterMs);
    let startMs = 0;
    try {
      await this.#connection.patiently(() => sqlite.exec('begin immediate'));
      startMs = performance.now();
      while (outcomes.length < largestBatch && performance.now() - startMs < longestBatchMs) {
        const waiting = this.#queue.shift();
        if (!waiting) break;
        outcomes.push(await this.#runInSavepoint(waiting));
        // Some failures (disk full, I/O error) make SQLite roll the whole transaction back by itself.
        if (!sqlite.isTransaction) throw failureOf(outcomes);
      }
      sqlite.exec('commit');
    } catch (error) {
      this.#abandon(outcomes, translateSqliteError(error));
      return;
    } finally {
      clearInterval(watch);
    }
    this.#observe(outcomes.length, performance.now() - startMs);
    for (const outcome of outcomes) {
      if (outcome.done) outcome.waiting.resolve(outcome.result);
      else outcome.waiting.reject(outcome.error);
    }
  }

  /** Refusing the one that is waited for lets the other go on, by its error, instead of stopping every writer for ever. */
  #refuseWaiting(): void {
    const error = new Error('a transaction waits for work that waits for another transaction');
    for (const waiting of this.#queue.splice(0)) waiting.reject(error);
  }

  async #runInSavepoint(waiting: Waiting): Promise<Outcome> {
    this.#savepoint.run();
    try {
      const result = await waiting.run();
      if (this.#connection.sqlite.isTransaction) this.#release.run();
      return { waiting, done: true, result };
    } catch (error) {
      const { sqlite } = this.#connection;
      if (sqlite.isTransaction) sqlite.exec('rollback to work; release work');
      return { waiting, done: false, error };
    }
  }

  #abandon(outcomes: readonly Outcome[], error: unknown): void {
    const { sqlite } = this.#connection;
    if (sqlite.isTransaction) sqlite.exec('rollback');
    if (outcomes.length === 0) {
      // Not even begun, as another process holds the lock: everybody who waits would meet the same.
      for (const waiting of this.#queue.splice(0)) waiting.reject(error);
      return;
    }
    for (const outcome of outcomes) outcome.waiting.reject(outcome.done ? error : outcome.error);
  }
}

function failureOf(outcomes: readonly Outcome[]): unknown {
  const last = outcomes.at(-1);
  return last && !last.done ? last.error : new Error('the transaction was rolled back by the database');
}
