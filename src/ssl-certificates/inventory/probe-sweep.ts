import type { JobHandler } from '../../jobs/index.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { findStale } from './endpoint-store.ts';
import { inventorySettings } from './inventory-configuration.ts';
import { type ObservePorts, observeEndpoint } from './observe-endpoint.ts';

/**
 * The one job of the installation that looks at endpoints. One for each would be simpler, but a thousand that do not answer would take
 * the places of jobs for which people wait.
 */
export const probeSweepJob = { kind: 'ssl:endpoints', key: 'all', accountId: 'system' } as const;

const everyMs = 600_000;
const atOnce = 8;

export function createProbeSweep(ports: ObservePorts): JobHandler {
  const { periodMs } = inventorySettings(ports.configuration);
  return async () => {
    const startedMs = ports.clock.nowMs();
    for (;;) {
      const stale = await findStale(ports.database, startedMs - periodMs, atOnce);
      await Promise.all(stale.map((endpoint) => observeEndpoint(ports, endpoint)));
      if (stale.length < atOnce) return { nextDueMs: ports.clock.nowMs() + everyMs };
    }
  };
}

/** Has to be done once at every start. */
export async function ensureProbeSweep(
  { clock, jobs }: Pick<ObservePorts, 'clock' | 'jobs'>,
  transaction: Transaction,
): Promise<void> {
  await jobs.ensure(transaction, { ...probeSweepJob, dueMs: clock.nowMs() });
}
