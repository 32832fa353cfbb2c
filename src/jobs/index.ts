import type { Transaction } from '../platform/db/index.ts';
import type { JobPool, JobWork, NewJob } from './job.ts';
import { deleteJob, insertJobIfAbsent, readBacklog, upsertJob } from './store.ts';
import { type RegisteredHandler, Worker, type WorkerPorts } from './worker.ts';

export type { Again, Job, JobHandler, JobWork, NewJob } from './job.ts';
export { waitsForNetwork } from './job.ts';
/** The table `jobs`. */
export { jobsMigrations } from './migrations.ts';
export { Progress } from './progress.ts';

/** Puts work off until its time, durably; what other capabilities need of it. */
export interface Scheduler {
  /** Takes effect with the transaction. What was scheduled under the same kind and key is replaced, its failures forgotten. */
  schedule(transaction: Transaction, job: NewJob): Promise<void>;
  /** As `schedule`, but leaves alone what is scheduled already; for sweeps that every start makes sure of. */
  ensure(transaction: Transaction, job: NewJob): Promise<void>;
  /** Takes effect with the transaction; a run that has begun is not stopped. */
  cancel(transaction: Transaction, kind: string, key: string): Promise<void>;
  /**
   * Registers what a kind does, before `start` and before the first job of the kind is scheduled. Throws if the kind has a
   * handler already.
   */
  handle(kind: string, work: JobWork): void;
}

export interface Jobs extends Scheduler {
  /** Begins to look for due work. */
  start(): void;
  /** Looks now for what a transaction that has just been committed made due, rather than at the next look. */
  wake(): void;
  /** Runs all that is due and resolves when nothing is left; failed jobs wait for their retry. */
  runDue(): Promise<void>;
  /** Jobs whose time has come and that nobody runs, and since when the oldest waits, in milliseconds since 1970. */
  backlog(): Promise<{ readonly count: number; readonly oldestReadyMs: number | undefined }>;
  /** Number of jobs of this node that have made no progress for a minute. */
  slowJobs(): number;
  /** Takes no more work and waits for what runs. */
  close(): Promise<void>;
}

export function createJobs(ports: WorkerPorts): Jobs {
  const handlers = new Map<string, RegisteredHandler>();
  const worker = new Worker(ports, handlers);
  const poolOf = (kind: string): JobPool => handlers.get(kind)?.pool ?? 'local';
  return {
    schedule: (transaction, job) => upsertJob(transaction, job, poolOf(job.kind)),
    ensure: (transaction, job) => insertJobIfAbsent(transaction, job, poolOf(job.kind)),
    cancel: deleteJob,
    handle(kind, work) {
      if (handlers.has(kind)) throw new Error(`jobs of kind ${kind} have a handler already`);
      handlers.set(kind, typeof work === 'function' ? { pool: 'local', run: work } : work);
    },
    start: () => worker.start(),
    wake: () => worker.wake(),
    runDue: () => worker.runDue(),
    backlog: () => readBacklog(ports.database, ports.clock.nowMs()),
    slowJobs: () => worker.slowJobs,
    close: () => worker.close(),
  };
}
