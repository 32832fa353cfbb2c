import type { Progress } from './progress.ts';

/** Work that time starts. */
export interface NewJob {
  /** What is to be done, such as `pca:ca:purge`; its handler is registered under this name. */
  readonly kind: string;
  /** What it is done to; there is at most one job of a kind per key. */
  readonly key: string;
  /** Not before this, in milliseconds since 1970. */
  readonly dueMs: number;
  /** Whatever JSON can hold, and no secret: it is stored as it is. */
  readonly payload?: unknown;
  /** For whom; handlers act as a system actor of this account. */
  readonly accountId: string;
}

export interface Job extends NewJob {
  /** 1 for the first. */
  readonly attempt: number;
}

/** What a handler may return for its job to stay and come again; without it the job is done and gone. */
export interface Again {
  readonly nextDueMs: number;
}

/** Repeatable: a job runs again if its node died in the middle, was too slow to keep its lease, or failed. */
export type JobHandler = (job: Job, progress: Progress) => Promise<Again | undefined> | Promise<void>;

/** Where a kind runs: with what waits for others' servers, or with what needs this machine and the database only. */
export type JobPool = 'local' | 'network';

/** A handler that waits for servers elsewhere, such as DNS, mail and webhooks. */
export interface NetworkWork {
  readonly pool: 'network';
  readonly run: JobHandler;
}

/** The work of a kind. A handler by itself is local work. */
export type JobWork = JobHandler | NetworkWork;

export function waitsForNetwork(run: JobHandler): NetworkWork {
  return { pool: 'network', run };
}

const firstRetryMs = 1_000;
const longestRetryMs = 3_600_000;

/** How long after its nth failure a job is tried again: a second, doubling up to an hour. It is never given up. */
export function retryDelayMs(attempt: number): number {
  return Math.min(firstRetryMs * 2 ** Math.min(attempt - 1, 30), longestRetryMs);
}
