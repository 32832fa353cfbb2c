import { openKey } from '../access.ts';
import { changeKey } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { type Key, requirePreconditions } from '../key.ts';
import type { Caller } from '../permissions.ts';

export const destroyKeyJob = 'kms:key:destroy';

const dayMs = 86_400_000;

const preconditions = { defaultKeys: 'refused', refusedStates: { '4': 'KMS.1402' } } as const;

/** `pendingDays`: text of a whole number, 7 to 1096. Throws KMS.1401. */
function parsePendingDays(pendingDays: string): number {
  const days = /^[0-9]{1,4}$/.test(pendingDays) ? Number(pendingDays) : Number.NaN;
  if (!(days >= 7 && days <= 1096))
    throw kmsError('KMS.1401', 'pending_days must be a string of digits from 7 to 1096.');
  return days;
}

/** From now on the key cannot be used; after `pendingDays` days it is destroyed for good. Until then it can be restored. */
export async function scheduleKeyDeletion(
  context: KmsContext,
  caller: Caller,
  keyId: string,
  pendingDays: string,
): Promise<Key> {
  const days = parsePendingDays(pendingDays);
  const key = await openKey(context, caller, { reference: keyId, permission: 'scheduleKeyDeletion' });
  const deletionAt = context.clock.nowMs() + days * dayMs;
  return await changeKey(context, caller, key, {
    permission: 'scheduleKeyDeletion',
    detail: `deletion in ${days} days`,
    decide: (seen) => {
      requirePreconditions(seen, context.clock, preconditions);
      return { key_state: '4', scheduled_deletion_at: deletionAt };
    },
    alsoWrite: async (transaction, seen) => {
      await context.scheduler.schedule(transaction, {
        kind: destroyKeyJob,
        key: seen.key_id,
        dueMs: deletionAt,
        accountId: seen.account_id,
      });
    },
  });
}
