import type { Actor } from '../../iam/actor.ts';
import { billingPermissions } from '../../private-ca/index.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import type { Order } from './order.ts';
import { changeOrder, findOrder } from './order-store.ts';
import { requireRoomForBought } from './room-for-bought.ts';
import { settleOrder } from './settle-order.ts';

/**
 * Pays an order, which costs nothing here: its certificates are there then. `unknown`: the account has no such order. `changed`: it was
 * paid, or added to, meanwhile or before. Throws AccessDenied, SCM.0011, SCM.0025.
 */
export async function payOrder(
  ports: Pick<SslCertificatesPorts, 'database' | 'identity' | 'clock'>,
  actor: Actor,
  orderId: string,
): Promise<'done' | 'unknown' | 'changed'> {
  await ports.identity.authorize(actor, billingPermissions.payOrder);
  return ports.database.transaction(async (transaction) => {
    const seen = await findOrder(transaction, actor.accountId, orderId);
    if (!seen) return 'unknown';
    if (seen.paidMs !== undefined) return 'changed';
    const count = seen.items.reduce((sum, { certificateIds }) => sum + certificateIds.length, 0);
    await requireRoomForBought(transaction, actor.accountId, count);
    const order: Order = { ...seen, paidMs: ports.clock.nowMs() };
    if (!(await changeOrder(transaction, seen, order))) return 'changed';
    await settleOrder(ports, transaction, actor, order);
    return 'done';
  });
}
