import type { Transaction } from '../../platform/db/index.ts';
import type { ApplicationPorts } from './application-ports.ts';

/** Moves an application on, one state after the other; its key is the certificate's id. */
export const applicationKind = 'ssl:application';

/** Looks at the application as soon as the transaction has been committed, and `jobs.wake()` called. */
export function scheduleApplication(
  { jobs, clock }: Pick<ApplicationPorts, 'jobs' | 'clock'>,
  transaction: Transaction,
  { certificate_id: key, account_id: accountId }: { certificate_id: string; account_id: string },
): Promise<void> {
  return jobs.schedule(transaction, { kind: applicationKind, key, accountId, dueMs: clock.nowMs() });
}
