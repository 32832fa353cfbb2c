import { AsyncLocalStorage } from 'node:async_hooks';
import type { Kysely } from 'kysely';
import type { Transaction } from './database.ts';

const current = new AsyncLocalStorage<OpenTransaction>();

/** The transaction that a work is given, unusable after the work has ended. */
export class OpenTransaction implements Transaction {
  readonly kind = 'transaction';
  readonly #kysely: Kysely<unknown>;
  #isOpen = true;

  constructor(kysely: Kysely<unknown>) {
    this.#kysely = kysely;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  tables<Tables>(): Kysely<Tables> {
    if (!this.#isOpen) throw new Error('the transaction has ended: await everything inside its work');
    return this.#kysely as unknown as Kysely<Tables>;
  }

  /** Runs a work in this transaction and ends it, whatever becomes of the work. */
  async run<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    try {
      return await current.run(this, work, this);
    } finally {
      this.#isOpen = false;
    }
  }
}

/** A transaction inside another would wait for itself: on SQLite at once, on PostgreSQL when the pool is used up. */
export function refuseNestedTransaction(): void {
  if (current.getStore()?.isOpen)
    throw new Error('a transaction is open already: pass it down instead of opening another');
}
