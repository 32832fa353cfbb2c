import type { Database } from '../platform/db/index.ts';
import { chooseJobs, identityOf, type JobIdentity, type PoolLimits } from './choose-jobs.ts';
import { findReady, findReadyAccounts, type JobTable, type Runnable } from './store.ts';

/** Number of the longest waiting jobs that are looked at before accounts are looked at one by one. */
const seenAtOnce = 128;
const seenOfAccount = 32;
/** Delay with which a job of an account that had none may start while many wait. */
const accountsKnownMs = 500;
const maximumTurns = 10_000;

/** Tracks the jobs of one pool that run on this node, and chooses the next ones. */
export class Lane {
  readonly #limits: PoolLimits;
  readonly #running = new Map<string, JobIdentity & { readonly done: Promise<void> }>();
  readonly #turns = new Map<string, number>();
  #turn = 0;
  #accounts: { readonly ids: readonly string[]; readonly foundAt: number } | undefined;

  constructor(limits: PoolLimits) {
    this.#limits = limits;
  }

  get isFull(): boolean {
    return this.#running.size >= this.#limits.atOnce;
  }

  /** Settles when a job ends. */
  get running(): readonly Promise<void>[] {
    return [...this.#running.values()].map(({ done }) => done);
  }

  enter(job: JobIdentity, done: Promise<void>): void {
    const { kind, key, account_id } = job;
    this.#running.set(identityOf(job), { kind, key, account_id, done });
    this.#turn += 1;
    // Set anew, so that the map is in the order of turns and the oldest can go.
    this.#turns.delete(account_id);
    this.#turns.set(account_id, this.#turn);
    const [oldest] = this.#turns.keys();
    if (this.#turns.size > maximumTurns && oldest !== undefined) this.#turns.delete(oldest);
  }

  leave(job: Pick<JobIdentity, 'kind' | 'key'>): void {
    this.#running.delete(identityOf(job));
  }

  /** The jobs to start now. Looks beyond the longest waiting ones, which may all be of one account. */
  async next(database: Database, runnable: Runnable): Promise<readonly JobTable[]> {
    const seen = await findReady(database, runnable, seenAtOnce);
    if (seen.length < seenAtOnce) return this.#choose(seen);
    const known = this.#accounts;
    if (known && known.foundAt + accountsKnownMs > performance.now()) {
      const chosen = this.#choose(await this.#readyOf(database, runnable, known.ids));
      if (chosen.length > 0) return chosen;
    }
    const ids = await findReadyAccounts(database, runnable, this.#limits.atOnce + this.#running.size);
    this.#accounts = { ids, foundAt: performance.now() };
    return this.#choose(await this.#readyOf(database, runnable, ids));
  }

  async #readyOf(
    database: Database,
    runnable: Runnable,
    accountIds: readonly string[],
  ): Promise<readonly JobTable[]> {
    const ready: JobTable[] = [];
    for (const accountId of accountIds) {
      const running = [...this.#running.values()].filter((job) => job.account_id === accountId);
      if (running.length >= this.#limits.atOncePerAccount) continue;
      ready.push(...(await findReady(database, runnable, seenOfAccount, accountId)));
    }
    return ready;
  }

  #choose(ready: readonly JobTable[]): readonly JobTable[] {
    return chooseJobs(ready, [...this.#running.values()], this.#turns, this.#limits);
  }
}
