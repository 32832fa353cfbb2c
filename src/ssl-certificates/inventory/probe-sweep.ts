import type { JobHandler } from '../../jobs/index.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { FairPool } from '../../platform/fair-pool.ts';
import { accountsWithStale, findStale } from './endpoint-store.ts';
import { inventorySettings } from './inventory-configuration.ts';
import { type ObservePorts, observeEndpoint } from './observe-endpoint.ts';

/**
 * The one job of the installation that looks at endpoints. One for each would be simpler, but a thousand that do not answer would take
 * the places of jobs for which people wait.
 */
export const probeSweepJob = { kind: 'ssl:endpoints', key: 'all', accountId: 'system' } as const;

const everyMs = 600_000;
const atOnce = 32;
const atOncePerAccount = 4;
/** The sweep begins anew after so long, so that one account's silent endpoints do not put off when others' are looked at again. */
const longestSweepMs = 300_000;

/** Looks at the endpoints of all accounts beside each other, so that none waits for another one's. */
export function createProbeSweep(ports: ObservePorts): JobHandler {
  const { periodMs } = inventorySettings(ports.configuration);
  return async (_job, progress) => {
    const pool = new FairPool({
      atOnce,
      atOncePerShare: atOncePerAccount,
      waiting: Number.POSITIVE_INFINITY,
    });
    const probedBeforeMs = ports.clock.nowMs() - periodMs;
    const endMs = performance.now() + longestSweepMs;
    const sweepAccount = async (accountId: string): Promise<boolean> => {
      while (performance.now() < endMs) {
        const stale = await findStale(ports.database, accountId, probedBeforeMs, atOncePerAccount);
        await Promise.all(
          stale.map((endpoint) => pool.run({ share: accountId }, () => observeEndpoint(ports, endpoint))),
        );
        progress.note();
        if (stale.length < atOncePerAccount) return true;
      }
      return false;
    };
    const accountIds = await accountsWithStale(ports.database, probedBeforeMs);
    const isComplete = (await Promise.all(accountIds.map(sweepAccount))).every(Boolean);
    return { nextDueMs: ports.clock.nowMs() + (isComplete ? everyMs : 0) };
  };
}

/** Has to be done once at every start. */
export async function ensureProbeSweep(
  { clock, jobs }: Pick<ObservePorts, 'clock' | 'jobs'>,
  transaction: Transaction,
): Promise<void> {
  await jobs.ensure(transaction, { ...probeSweepJob, dueMs: clock.nowMs() });
}
