import type { Actor } from '../../iam/actor.ts';
import { requireAllowed } from '../ca.ts';
import { endSubscription } from '../orders/subscription.ts';

import type { PrivateCaPorts } from '../ports.ts';
import { changeAuthority } from './change-authority.ts';
import { loadAuthority } from './load-authority.ts';
import { removePending } from './remove-pending.ts';
import { scheduledDeletion } from './scheduled-deletion.ts';

const dayMs = 86_400_000;

/** A PENDING CA goes at once, with its key; a DISABLED one becomes DELETED and goes after `pendingDays`. */
export async function deleteAuthority(
  ports: PrivateCaPorts,
  actor: Actor,
  caId: string,
  pendingDays: number,
): Promise<void> {
  const ca = await loadAuthority(ports, actor, 'deleteAuthority', caId);
  const nowMs = ports.clock.nowMs();
  requireAllowed('delete', ca, nowMs);
  if (ca.status === 'PENDING') {
    return ports.database.transaction(async (transaction) => {
      await endSubscription(ports, transaction, ca.ca_id);
      await removePending(ports, transaction, actor, ca);
    });
  }
  const dueMs = nowMs + pendingDays * dayMs;
  await ports.database.transaction(async (transaction) => {
    await changeAuthority(ports, transaction, actor, 'deleteAuthority', ca, {
      status: 'DELETED',
      delete_time: dueMs,
    });
    await ports.jobs.schedule(transaction, scheduledDeletion(ca, dueMs));
  });
}
