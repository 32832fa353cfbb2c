import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/db/index.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import { type JobHandler, retryDelayMs } from './job.ts';
import { type ClaimedJob, claim, findReady, removeDone, updateHeld } from './store.ts';

/** A node that died is noticed after this. */
const leaseMs = 60_000;
const renewalMs = leaseMs / 3;
/** Of several nodes and other transactions nobody tells when something is scheduled; looking costs one index access. */
const pollMs = 1_000;
const mostAtOnce = 4;
/** What waits for somebody else's servers, such as checks of names, leaves a place to what does not. */
const mostOfKind = mostAtOnce - 1;

export interface WorkerPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Claims what is due, runs it and records how it went. */
export class Worker {
  readonly #ports: WorkerPorts;
  readonly #handlers: ReadonlyMap<string, JobHandler>;
  readonly #running = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #sweep: Promise<void> | undefined;
  #isClosed = false;

  constructor(ports: WorkerPorts, handlers: ReadonlyMap<string, JobHandler>) {
    this.#ports = ports;
    this.#handlers = handlers;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.wake(), pollMs);
    this.wake();
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
      if (started === 0 && this.#running.size === 0) return;
      // What was started may have finished already, and a race of nobody never ends.
      if (this.#running.size > 0) await Promise.race(this.#running.values());
    }
  }

  /** Waits for what runs; what is not finished is taken over by another node, or this one after its next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#sweep;
    await Promise.all(this.#running.values());
  }

  async #startDue(): Promise<number> {
    for (let started = 0; ; ) {
      const found = await this.#startSome();
      started += found.started;
      if (!found.isCrowded) return started;
    }
  }

  /** `isCrowded`: there were more jobs of a kind than it has places, so others were not seen yet. */
  async #startSome(): Promise<{ readonly started: number; readonly isCrowded: boolean }> {
    const { database, clock, random } = this.#ports;
    const free = mostAtOnce - this.#running.size;
    const kinds = [...this.#handlers.keys()].filter((kind) => !this.#isFull(kind));
    if (free <= 0 || this.#isClosed || kinds.length === 0) return { started: 0, isCrowded: false };
    // Some of these may be running here already, when the clock was moved past their leases.
    const ready = await findReady(database, kinds, clock.nowMs(), free + this.#running.size);
    let started = 0;
    let isCrowded = false;
    for (const seen of ready) {
      const identity = JSON.stringify([seen.kind, seen.key]);
      if (this.#running.has(identity) || this.#running.size >= mostAtOnce || this.#isClosed) continue;
      if (this.#isFull(seen.kind)) {
        isCrowded = true;
        continue;
      }
      const lease = random.hexId();
      const job = await database.transaction((transaction) =>
        claim(transaction, seen, lease, clock.nowMs() + leaseMs),
      );
      if (!job) continue;
      started += 1;
      this.#running.set(
        identity,
        this.#run(job).finally(() => this.#finished(identity)),
      );
    }
    return { started, isCrowded };
  }

  #isFull(kind: string): boolean {
    const ofKind = [...this.#running.keys()].filter((identity) => JSON.parse(identity)[0] === kind);
    return ofKind.length >= mostOfKind;
  }

  #finished(identity: string): void {
    this.#running.delete(identity);
    // A queue is worked off at once, not four jobs a second.
    if (this.#timer) this.wake();
  }

  async #run(job: ClaimedJob): Promise<void> {
    const { log, clock } = this.#ports;
    const renewal = setInterval(() => this.#renew(job), renewalMs);
    try {
      const again = await this.#handlers.get(job.kind)!(job);
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
    }
  }

  #renew(job: ClaimedJob): void {
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
