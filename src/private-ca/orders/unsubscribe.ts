import type { Actor } from '../../iam/actor.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { changeAuthority } from '../authorities/change-authority.ts';
import { authorizeOnAuthority } from '../authorities/load-authority.ts';
import { removePending } from '../authorities/remove-pending.ts';
import { scheduledDeletion } from '../authorities/scheduled-deletion.ts';
import type { CertificateAuthority } from '../ca.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { billingPermissions } from './billing-permissions.ts';
import { newOrder, orderer } from './order.ts';
import { loadSubscribed, periodOf } from './renew-subscriptions.ts';
import { endSubscription } from './subscription.ts';
import { insertOrder } from './subscription-store.ts';

/** The shortest that a deletion can be put off (reference 4.2.1.5). */
const pendingMs = 7 * 86_400_000;

/**
 * Ends each subscription and deletes its CA, one with a certificate in seven days; all or none. Returns the order's id. Throws
 * AccessDenied also for who may not delete the CAs, `NotSubscribed`.
 */
export async function unsubscribe(
  ports: PrivateCaPorts,
  actor: Actor,
  caIds: readonly string[],
): Promise<string> {
  const { database, identity } = ports;
  await identity.authorize(actor, billingPermissions.unsubscribe);
  const subscribed = await loadSubscribed(ports, actor.accountId, caIds);
  for (const { ca } of subscribed) {
    await authorizeOnAuthority(ports, actor, 'deleteAuthority', ca);
  }
  const first = subscribed[0]!;
  const order = newOrder(ports, {
    ...periodOf(first.subscription),
    account_id: actor.accountId,
    order_type: 'unsubscription',
    user_name: orderer(actor),
    enterprise_project_id: first.ca.enterprise_project_id,
    subscription_num: subscribed.length,
    ca_ids: JSON.stringify(subscribed.map(({ ca }) => ca.ca_id)),
  });
  await database.transaction(async (transaction) => {
    await insertOrder(transaction, order);
    for (const { ca } of subscribed) {
      await endSubscription(ports, transaction, ca.ca_id);
      await remove(ports, transaction, actor, ca);
    }
  });
  return order.order_id;
}

async function remove(
  ports: PrivateCaPorts,
  transaction: Transaction,
  actor: Actor,
  ca: CertificateAuthority,
): Promise<void> {
  if (ca.status === 'PENDING') return removePending(ports, transaction, actor, ca);
  const delete_time = ca.delete_time ?? ports.clock.nowMs() + pendingMs;
  await changeAuthority(ports, transaction, actor, 'deleteAuthority', ca, {
    status: 'DELETED',
    delete_time,
    freeze_flag: 0,
    charging_mode: 1,
  });
  await ports.jobs.schedule(transaction, scheduledDeletion(ca, delete_time));
}
