import type { Actor } from '../../iam/actor.ts';
import { requireAllowed } from '../ca.ts';
import { resumeSubscription } from '../orders/subscription.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { changeAuthority } from './change-authority.ts';
import { loadAuthority } from './load-authority.ts';
import { scheduledDeletionKind } from './scheduled-deletion.ts';

/** DELETED back to DISABLED; should the deletion have begun already, it finds nothing to do. */
export async function restoreAuthority(ports: PrivateCaPorts, actor: Actor, caId: string): Promise<void> {
  const ca = await loadAuthority(ports, actor, 'restoreAuthority', caId);
  requireAllowed('restore', ca, ports.clock.nowMs());
  await ports.database.transaction(async (transaction) => {
    await changeAuthority(ports, transaction, actor, 'restoreAuthority', ca, {
      status: 'DISABLED',
      delete_time: null,
    });
    await resumeSubscription(ports, transaction, ca);
    await ports.jobs.cancel(transaction, scheduledDeletionKind, ca.ca_id);
  });
}
