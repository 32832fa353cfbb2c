import type { Transaction } from '../../platform/db/database.ts';
import type { KmsContext } from '../context.ts';
import type { KeyTable } from '../tables.ts';

export const rotateKeyJob = 'kms:key:rotate';

const dayMs = 86_400_000;

/** When the next rotation is due; undefined while rotation is off. */
export function rotationDueMs(
  key: Pick<KeyTable, 'rotation_enabled' | 'rotation_counts_from' | 'rotation_interval_days'>,
): number | undefined {
  if (key.rotation_enabled === 0 || key.rotation_counts_from === null) return undefined;
  return key.rotation_counts_from + key.rotation_interval_days * dayMs;
}

/** Puts the next rotation on the calendar, or off it. One that is overdue takes place at once. */
export async function scheduleRotation(
  { scheduler }: KmsContext,
  transaction: Transaction,
  key: Pick<
    KeyTable,
    'key_id' | 'account_id' | 'rotation_enabled' | 'rotation_counts_from' | 'rotation_interval_days'
  >,
): Promise<void> {
  const dueMs = rotationDueMs(key);
  if (dueMs === undefined) await scheduler.cancel(transaction, rotateKeyJob, key.key_id);
  else
    await scheduler.schedule(transaction, {
      kind: rotateKeyJob,
      key: key.key_id,
      dueMs,
      accountId: key.account_id,
    });
}
