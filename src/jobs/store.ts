import { type Kysely, sql } from 'kysely';
import { insertIfAbsent, type Reader, type Transaction } from '../platform/db/index.ts';
import type { Job, JobPool, NewJob } from './job.ts';

export interface JobTable {
  kind: string;
  key: string;
  account_id: string;
  pool: JobPool;
  /** JSON. */
  payload: string;
  due_ms: number;
  /** When a node may claim it: when due, when its lease runs out, or when it is tried again. One index serves all three. */
  ready_ms: number;
  attempts: number;
  /** Grows with every scheduling, so a node that finishes an older one does not remove the newer. */
  version: number;
  /** Who runs it; set anew by every claim. */
  lease: string | null;
  last_error: string | null;
}

interface JobTables {
  jobs: JobTable;
}

/** A job that this node holds until `leaseUntilMs`. */
export interface ClaimedJob extends Job {
  readonly version: number;
  readonly lease: string;
}

const jobPools: readonly JobPool[] = ['local', 'network'];

function jobs(reader: Reader): Kysely<JobTables> {
  return reader.tables<JobTables>();
}

function rowOf(job: NewJob, pool: JobPool): JobTable {
  return {
    kind: job.kind,
    key: job.key,
    account_id: job.accountId,
    pool,
    payload: JSON.stringify(job.payload ?? null),
    due_ms: job.dueMs,
    ready_ms: job.dueMs,
    attempts: 0,
    version: 1,
    lease: null,
    last_error: null,
  };
}

/** Replaces what was scheduled under the same kind and key. */
export async function upsertJob(transaction: Transaction, job: NewJob, pool: JobPool): Promise<void> {
  const row = rowOf(job, pool);
  const { account_id, payload, due_ms, ready_ms, attempts, lease, last_error } = row;
  const changes = { account_id, pool, payload, due_ms, ready_ms, attempts, lease, last_error };
  await jobs(transaction)
    .insertInto('jobs')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['kind', 'key'])
        .doUpdateSet((eb) => ({ ...changes, version: eb('jobs.version', '+', 1) })),
    )
    .execute();
}

export async function insertJobIfAbsent(transaction: Transaction, job: NewJob, pool: JobPool): Promise<void> {
  await insertIfAbsent(
    jobs(transaction)
      .insertInto('jobs')
      .values(rowOf(job, pool))
      .onConflict((conflict) => conflict.doNothing()),
  );
}

export async function deleteJob(transaction: Transaction, kind: string, key: string): Promise<void> {
  await jobs(transaction).deleteFrom('jobs').where('kind', '=', kind).where('key', '=', key).execute();
}

/** Which jobs a node can run: of a pool, of kinds that it has handlers for, due at a time. */
export interface Runnable {
  readonly pool: JobPool;
  readonly kinds: readonly string[];
  readonly nowMs: number;
}

/** Lists the jobs that may be claimed now, of one account if one is given, the longest waiting first. */
export async function findReady(
  reader: Reader,
  { pool, kinds, nowMs }: Runnable,
  limit: number,
  accountId?: string,
): Promise<readonly JobTable[]> {
  return jobs(reader)
    .selectFrom('jobs')
    .selectAll()
    .where('pool', '=', pool)
    .where('ready_ms', '<=', nowMs)
    .where('kind', 'in', kinds)
    .$if(accountId !== undefined, (query) => query.where('account_id', '=', accountId ?? ''))
    .orderBy('ready_ms')
    .limit(limit)
    .execute();
}

/** Accounts with ready jobs, the longest waiting first. Costs two steps in an index per account with jobs, however many they are. */
export async function findReadyAccounts(
  reader: Reader,
  { pool, nowMs }: Pick<Runnable, 'pool' | 'nowMs'>,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ account_id: string }>`
    WITH RECURSIVE accounts(account_id) AS (
      SELECT min(account_id) FROM jobs WHERE pool = ${pool}
      UNION ALL
      SELECT (SELECT min(account_id) FROM jobs WHERE pool = ${pool} AND jobs.account_id > accounts.account_id)
        FROM accounts WHERE account_id IS NOT NULL
    ), fronts AS (
      SELECT account_id,
          (SELECT min(ready_ms) FROM jobs WHERE pool = ${pool} AND jobs.account_id = accounts.account_id) AS ready_ms
        FROM accounts WHERE account_id IS NOT NULL
    )
    SELECT account_id FROM fronts WHERE ready_ms <= ${nowMs} ORDER BY ready_ms LIMIT ${limit}`.execute(
    jobs(reader),
  );
  return rows.map((row) => row.account_id);
}

/** Puts jobs that were scheduled by another release, or for kinds that were unknown then, into the pool of their kind. */
export async function updatePool(
  transaction: Transaction,
  kinds: readonly string[],
  pool: JobPool,
): Promise<void> {
  if (kinds.length === 0) return;
  await jobs(transaction)
    .updateTable('jobs')
    .set({ pool })
    .where('kind', 'in', kinds)
    .where('pool', '<>', pool)
    .execute();
}

/** Takes the job if it is still as it was seen; of several nodes exactly one succeeds. */
export async function claim(
  transaction: Transaction,
  seen: JobTable,
  lease: string,
  leaseUntilMs: number,
): Promise<ClaimedJob | undefined> {
  const result = await jobs(transaction)
    .updateTable('jobs')
    .set({ ready_ms: leaseUntilMs, lease, attempts: seen.attempts + 1 })
    .where('kind', '=', seen.kind)
    .where('key', '=', seen.key)
    .where('version', '=', seen.version)
    .where('ready_ms', '=', seen.ready_ms)
    .where('attempts', '=', seen.attempts)
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n) return undefined;
  return {
    kind: seen.kind,
    key: seen.key,
    dueMs: seen.due_ms,
    payload: JSON.parse(seen.payload),
    accountId: seen.account_id,
    attempt: seen.attempts + 1,
    version: seen.version,
    lease,
  };
}

/** Removes a job that is done, unless it was scheduled anew or claimed by another meanwhile. */
export async function removeDone(transaction: Transaction, job: ClaimedJob): Promise<void> {
  await jobs(transaction)
    .deleteFrom('jobs')
    .where('kind', '=', job.kind)
    .where('key', '=', job.key)
    .where('version', '=', job.version)
    .where('lease', '=', job.lease)
    .execute();
}

/** Lets go of a job, or keeps it longer; false if it is no longer held. */
export async function updateHeld(
  transaction: Transaction,
  job: ClaimedJob,
  changes: Partial<Pick<JobTable, 'ready_ms' | 'due_ms' | 'attempts' | 'lease' | 'last_error'>>,
): Promise<boolean> {
  const result = await jobs(transaction)
    .updateTable('jobs')
    .set(changes)
    .where('kind', '=', job.kind)
    .where('key', '=', job.key)
    .where('version', '=', job.version)
    .where('lease', '=', job.lease)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** How many jobs are ready but not claimed, and since when the oldest is. */
export async function readBacklog(
  reader: Reader,
  nowMs: number,
): Promise<{ count: number; oldestReadyMs: number | undefined }> {
  const row = await jobs(reader)
    .selectFrom('jobs')
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.min<number | null>('ready_ms').as('oldest')])
    .where('pool', 'in', jobPools)
    .where('ready_ms', '<=', nowMs)
    .executeTakeFirstOrThrow();
  return { count: row.count, oldestReadyMs: row.oldest ?? undefined };
}
