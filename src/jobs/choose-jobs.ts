import type { JobTable } from './store.ts';

/** The identity of a job. */
export type JobIdentity = Pick<JobTable, 'kind' | 'key' | 'account_id'>;

export interface PoolLimits {
  readonly atOnce: number;
  readonly atOncePerAccount: number;
}

/** When accounts had a job started last, by a count of all starts. */
export type Turns = ReadonlyMap<string, number>;

/**
 * Returns the jobs to start, in their order. The account with the fewest running jobs is next, then the one whose last turn was
 * longest ago. Within an account the longest waiting is next, but the last place is not for a kind that has all others.
 */
export function chooseJobs<Ready extends JobIdentity>(
  ready: readonly Ready[],
  running: readonly JobIdentity[],
  turns: Turns,
  limits: PoolLimits,
): Ready[] {
  const started = new Set(running.map(identityOf));
  const waiting = ready.filter((job) => !started.has(identityOf(job)));
  const busy = [...running];
  const chosen: Ready[] = [];
  const lastTurns = new Map(turns);
  for (let turn = Math.max(0, ...turns.values()) + 1; busy.length < limits.atOnce; turn += 1) {
    const next = nextOf(waiting, busy, lastTurns, limits.atOncePerAccount);
    if (!next) return chosen;
    waiting.splice(waiting.indexOf(next), 1);
    busy.push(next);
    chosen.push(next);
    lastTurns.set(next.account_id, turn);
  }
  return chosen;
}

export function identityOf({ kind, key }: Pick<JobIdentity, 'kind' | 'key'>): string {
  return JSON.stringify([kind, key]);
}

function nextOf<Ready extends JobIdentity>(
  waiting: readonly Ready[],
  busy: readonly JobIdentity[],
  turns: Turns,
  atOncePerAccount: number,
): Ready | undefined {
  let next: { job: Ready; running: number; turn: number } | undefined;
  const counts = new Map<string, number>();
  const count = (name: string) => counts.get(name) ?? 0;
  for (const { account_id, kind } of busy)
    for (const name of [account_id, `${account_id} ${kind}`]) counts.set(name, count(name) + 1);
  for (const job of waiting) {
    const running = count(job.account_id);
    if (running >= atOncePerAccount) continue;
    if (count(`${job.account_id} ${job.kind}`) >= Math.max(1, atOncePerAccount - 1)) continue;
    const turn = turns.get(job.account_id) ?? 0;
    if (!next || running < next.running || (running === next.running && turn < next.turn))
      next = { job, running, turn };
  }
  return next?.job;
}
