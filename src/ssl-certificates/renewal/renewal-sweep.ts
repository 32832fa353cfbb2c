import type { JobHandler } from '../../jobs/index.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { renewalSettings } from './renewal-settings.ts';
import { findUnfollowed } from './renewal-store.ts';
import { renewalKind } from './schedule-renewal.ts';

type Ports = Pick<SslCertificatesPorts, 'database' | 'clock' | 'jobs' | 'configuration'>;

/** The one job of the installation that looks for certificates that nobody scheduled, such as after a change of the configuration. */
export const renewalSweepJob = { kind: 'ssl:renewal-sweep', key: 'all', accountId: 'system' } as const;

const everyMs = 86_400_000;
/** What ended so long ago is used no more. */
const longestGoneMs = 90 * 86_400_000;
const pageSize = 200;

/** Makes sure that each certificate that is to be followed has its job; one that has is left alone. */
export function createRenewalSweep(ports: Ports): JobHandler {
  return async (_job, progress) => {
    const { database, clock, jobs, configuration } = ports;
    const nowMs = clock.nowMs();
    const { leadMs, isReordered } = renewalSettings(configuration);
    let after = { notAfterMs: nowMs - longestGoneMs, certificateId: '' };
    for (;;) {
      progress.note();
      const page = await findUnfollowed(database, { after, untilMs: nowMs + leadMs, isReordered }, pageSize);
      await database.transaction(async (transaction) => {
        for (const { certificate_id: key, account_id: accountId } of page)
          await jobs.ensure(transaction, { kind: renewalKind, key, accountId, dueMs: nowMs });
      });
      const last = page.at(-1);
      if (!last || page.length < pageSize) return { nextDueMs: nowMs + everyMs };
      after = { notAfterMs: last.not_after, certificateId: last.certificate_id };
    }
  };
}

/** Has to be done once at every start. */
export async function ensureRenewalSweep(
  { clock, jobs }: Pick<Ports, 'clock' | 'jobs'>,
  transaction: Transaction,
): Promise<void> {
  await jobs.ensure(transaction, { ...renewalSweepJob, dueMs: clock.nowMs() });
}
