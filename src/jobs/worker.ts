import type { Clock } from '../platform/clock.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { PoolLimits } from './choose-jobs.ts';
import { type JobHandler, type JobPool, retryDelayMs } from './job.ts';
import { Lane } from './lane.ts';
import { type Patience, Progress, usualPatience } from './progress.ts';
import { type ClaimedJob, claim, removeDone, updateHeld, updatePool } from './store.ts';

/** A node that died is noticed after this. */
const leaseMs = 60_000;
/** Of several nodes and other transactions nobody tells when something is scheduled; looking costs an index access for each pool. */
const pollMs = 1_000;
/** Network work needs a socket and a little memory, so much of it may run; local work needs this machine. */
const pools: Readonly<Record<JobPool, PoolLimits>> = {
  local: { atOnce: 4, atOncePerAccount: 3 },
  network: { atOnce: 64, atOncePerAccount: 4 },
};

/** The handler registered for a kind, with its pool. */
export interface RegisteredHandler {
  readonly pool: JobPool;
  readonly run: JobHandler;
}

export interface WorkerPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Shorter in tests only. */
  readonly patience?: Patience;
}

/** Claims what is due, runs it and records how it went. */
export class Worker {
  readonly #ports: WorkerPorts;
  readonly #handlers: ReadonlyMap<string, RegisteredHandler>;
  readonly #lanes: ReadonlyMap<JobPool, Lane>;
  readonly #patience: Patience;
  readonly #slow = new Set<ClaimedJob>();
  #timer: NodeJS.Timeout | undefined;
  #sweep: Promise<void> | undefined;
  #isClosed = false;

  constructor(ports: WorkerPorts, handlers: ReadonlyMap<string, RegisteredHandler>) {
    this.#ports = ports;
    this.#handlers = handlers;
    this.#patience = ports.patience ?? usualPatience;
    this.#lanes = new Map([
      ['local', new Lane(pools.local)],
      ['network', new Lane(pools.network)],
    ]);
  }

  start(): void {
    this.#timer ??= setInterval(() => this.wake(), pollMs);
    void this.#record((transaction) => this.#movePools(transaction)).then(() => this.wake());
  }

  /** Looks now; failures are logged and the next look tries again. */
  wake(): void {
    if (this.#isClosed || this.#sweep) return;
    this.#sweep = this.#startDue()
      .then(
        () => {},
        (error: unknown) => this.#ports.log.error({ error }, 'the job table could not be read'),
      )
      .finally(() => {
        this.#sweep = undefined;
      });
  }

  /** Runs all that is due, and what becomes due by that; resolves when nothing is left. */
  async runDue(): Promise<void> {
    for (;;) {
      await this.#sweep;
      const started = await this.#startDue();
      const running = this.#running();
      if (started === 0 && running.length === 0) return;
      // What was started may have finished already, and a race of nobody never ends.
      if (running.length > 0) await Promise.race(running);
    }
  }

  /** Waits for what runs; what is not finished is taken over by another node, or this one after its next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#sweep;
    await Promise.all(this.#running());
  }

  /** Number of jobs of this node that have made no progress for a while. */
  get slowJobs(): number {
    return this.#slow.size;
  }

  #running(): readonly Promise<void>[] {
    return [...this.#lanes.values()].flatMap((lane) => lane.running);
  }

  async #movePools(transaction: Transaction): Promise<void> {
    for (const pool of this.#lanes.keys()) {
      const kinds = [...this.#handlers].filter(([, handler]) => handler.pool === pool).map(([kind]) => kind);
      await updatePool(transaction, kinds, pool);
    }
  }

  async #startDue(): Promise<number> {
    let started = 0;
    // What another node claimed first makes room for the next look.
    for (const [pool, lane] of this.#lanes)
      for (let more = true; more; ) {
        const found = await this.#startSome(pool, lane);
        started += found.started;
        more = found.lost > 0;
      }
    return started;
  }

  async #startSome(pool: JobPool, lane: Lane): Promise<{ readonly started: number; readonly lost: number }> {
    const { database, clock, random } = this.#ports;
    const kinds = [...this.#handlers.keys()];
    if (lane.isFull || this.#isClosed || kinds.length === 0) return { started: 0, lost: 0 };
    const chosen = await lane.next(database, { pool, kinds, nowMs: clock.nowMs() });
    // Together, so that they share a commit.
    const claiming = chosen.map(async (seen) => {
      const lease = random.hexId();
      const job = await database.transaction((transaction) =>
        claim(transaction, seen, lease, clock.nowMs() + leaseMs),
      );
      if (job)
        lane.enter(
          seen,
          this.#run(job).finally(() => this.#finished(lane, job)),
        );
      return job !== undefined;
    });
    const claimed = await Promise.all(claiming);
    const started = claimed.filter((isClaimed) => isClaimed).length;
    return { started, lost: chosen.length - started };
  }

  #finished(lane: Lane, job: ClaimedJob): void {
    lane.leave(job);
    // A queue is worked off at once, not a few jobs a second.
    if (this.#timer) this.wake();
  }

  async #run(job: ClaimedJob): Promise<void> {
    const { log, clock } = this.#ports;
    const progress = new Progress(this.#patience);
    const renewal = setInterval(() => this.#renew(job, progress), this.#patience.renewalMs);
    try {
      const again = await this.#handlers.get(job.kind)!.run(job, progress);
      await this.#record((transaction) =>
        again
          ? updateHeld(transaction, job, {
              due_ms: again.nextDueMs,
              ready_ms: again.nextDueMs,
              attempts: 0,
              lease: null,
              last_error: null,
            })
          : removeDone(transaction, job),
      );
    } catch (error) {
      const { kind, key, attempt } = job;
      log.error({ error, kind, key, attempt }, 'a job failed and will be tried again');
      // Words of a server may be in it, and PostgreSQL keeps no NUL.
      await this.#record((transaction) =>
        updateHeld(transaction, job, {
          ready_ms: clock.nowMs() + retryDelayMs(attempt),
          lease: null,
          last_error: String(error).slice(0, 1_000).replaceAll('\0', ' '),
        }),
      );
    } finally {
      clearInterval(renewal);
      this.#slow.delete(job);
    }
  }

  /** A job that makes no progress keeps its lease no longer than another node can be expected to wait. */
  #renew(job: ClaimedJob, progress: Progress): void {
    const { kind, key, attempt } = job;
    if (!progress.isSlow) this.#slow.delete(job);
    else if (!this.#slow.has(job)) {
      this.#slow.add(job);
      this.#ports.log.warn({ kind, key, attempt }, 'a job makes no progress');
    }
    if (progress.isStuck) {
      this.#ports.log.error({ kind, key, attempt }, 'a job makes no progress and is left to other nodes');
      return;
    }
    void this.#record((transaction) =>
      updateHeld(transaction, job, { ready_ms: this.#ports.clock.nowMs() + leaseMs }),
    );
  }

  /** If the outcome cannot be stored the lease runs out and the job runs again, as its handler must bear anyway. */
  async #record(work: Parameters<Database['transaction']>[0]): Promise<void> {
    try {
      await this.#ports.database.transaction(work);
    } catch (error) {
      this.#ports.log.error({ error }, 'the outcome of a job could not be stored');
    }
  }
}
