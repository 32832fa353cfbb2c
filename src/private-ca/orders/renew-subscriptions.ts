import type { Actor } from '../../iam/actor.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { findAuthority, updateAuthority } from '../authorities/authority-store.ts';
import { changedMeanwhile } from '../authorities/change-authority.ts';
import type { CertificateAuthority } from '../ca.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { billingPermissions } from './billing-permissions.ts';
import { newOrder, orderer } from './order.ts';
import type { Period, PeriodType } from './period.ts';
import { amountCents, noPrices } from './prices.ts';
import { NotSubscribed, renewedEnd, type Subscription, subscriptionEnd } from './subscription.ts';
import { findSubscription, insertOrder, updateSubscription } from './subscription-store.ts';

export interface SubscribedCa {
  readonly ca: CertificateAuthority;
  readonly subscription: Subscription;
}

/** Throws `NotSubscribed`. */
export async function loadSubscribed(
  { database }: Pick<PrivateCaPorts, 'database'>,
  accountId: string,
  caIds: readonly string[],
): Promise<SubscribedCa[]> {
  const loaded: SubscribedCa[] = [];
  for (const caId of new Set(caIds.map((id) => id.toLowerCase()))) {
    const subscription = await findSubscription(database, accountId, caId);
    const ca = subscription && (await findAuthority(database, accountId, caId));
    if (!ca) throw new NotSubscribed(caId);
    loaded.push({ ca, subscription });
  }
  return loaded;
}

/** Lengthens each subscription by the period and thaws what is frozen; all or none. Returns the order's id. Throws `NotSubscribed`. */
export async function renewSubscriptions(
  ports: PrivateCaPorts,
  actor: Actor,
  caIds: readonly string[],
  period: Period,
): Promise<string> {
  await ports.identity.authorize(actor, billingPermissions.renew);
  const subscribed = await loadSubscribed(ports, actor.accountId, caIds);
  return ports.database.transaction((transaction) =>
    recordRenewal(ports, transaction, actor, subscribed, period),
  );
}

/** Throws PCA.00030201 if one of them was changed meanwhile. */
export async function recordRenewal(
  ports: PrivateCaPorts,
  transaction: Transaction,
  actor: Actor,
  subscribed: readonly SubscribedCa[],
  period: Period,
): Promise<string> {
  const order = newOrder(ports, {
    ...period,
    account_id: actor.accountId,
    order_type: 'renewal',
    user_name: orderer(actor),
    enterprise_project_id: subscribed[0]!.ca.enterprise_project_id,
    subscription_num: subscribed.length,
    ca_ids: JSON.stringify(subscribed.map(({ ca }) => ca.ca_id)),
    amount_cents: amountCents(ports.prices ?? noPrices, period, subscribed.length),
  });
  await insertOrder(transaction, order);
  for (const { ca, subscription } of subscribed) {
    const expire_time = renewedEnd(subscription, period, order.create_time);
    if (!(await updateSubscription(transaction, subscription, { expire_time }))) throw changedMeanwhile();
    if (!(await updateAuthority(transaction, ca, { freeze_flag: 0 }))) throw changedMeanwhile();
    await ports.jobs.schedule(transaction, subscriptionEnd({ ...subscription, expire_time }));
    await ports.identity.recordAudit(transaction, actor, {
      action: billingPermissions.renew.action,
      resourceType: 'ca',
      resourceId: ca.ca_id,
      resourceName: ca.common_name,
      result: 'success',
      detail: `until ${new Date(expire_time).toISOString()}, order ${order.order_id}`,
    });
  }
  return order.order_id;
}

/** The period that it was bought for. */
export function periodOf({ period_type, period_num }: Subscription): Period {
  return { period_type: period_type as PeriodType, period_num };
}
