import type { Actor } from '../../iam/actor.ts';
import { requireRoom } from '../../iam/index.ts';
import {
  defaultEnterpriseProjectId,
  namedEnterpriseProject,
  requireEnterpriseProject,
} from '../enterprise-project.ts';
import { orderLimit } from '../limits.ts';
import { firstEnd, newOrder, orderer } from '../orders/order.ts';
import { amountCents, noPrices } from '../orders/prices.ts';
import { subscriptionEnd } from '../orders/subscription.ts';
import { insertOrder, insertSubscriptions } from '../orders/subscription-store.ts';
import { accessRequest } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { CreateOrderBody } from './authority-schemas.ts';
import { insertAuthorities } from './authority-store.ts';
import { recordAuthorityAudit } from './change-authority.ts';
import { newAuthority } from './new-authority.ts';

export interface AuthorityOrder {
  readonly orderId: string;
  readonly caIds: readonly string[];
}

/** Purchases yearly/monthly CAs, from now on: they are PENDING, take their places in the quota, and lack all information. */
export async function orderAuthorities(
  ports: PrivateCaPorts,
  actor: Actor,
  body: CreateOrderBody,
): Promise<AuthorityOrder> {
  const { database, identity, jobs, quotas, random } = ports;
  const { accountId } = actor;
  const enterpriseProjectId =
    namedEnterpriseProject(body.enterprise_project_id) ?? defaultEnterpriseProjectId;
  await identity.authorize(actor, accessRequest('createAuthority', { enterpriseProjectId }));
  await requireEnterpriseProject(identity, accountId, enterpriseProjectId);
  const order = newOrder(ports, {
    account_id: accountId,
    order_type: 'purchase',
    user_name: orderer(actor),
    enterprise_project_id: enterpriseProjectId,
    period_type: body.period_type,
    period_num: body.period_num,
    is_auto_renew: body.is_auto_renew,
    subscription_num: body.subscription_num,
    amount_cents: amountCents(ports.prices ?? noPrices, body, body.subscription_num),
    ca_ids: null,
  });
  const { order_id: orderId, create_time } = order;
  const common = { account_id: accountId, create_time, enterprise_project_id: enterpriseProjectId };
  const authorities = Array.from({ length: body.subscription_num }, () => ({
    ...newAuthority({ ...common, ca_id: random.uuid(), charging_mode: body.charging_mode }),
    order_id: orderId,
  }));
  const subscriptions = authorities.map(({ ca_id }) => ({
    ca_id,
    account_id: accountId,
    order_id: orderId,
    period_type: body.period_type,
    period_num: body.period_num,
    is_auto_renew: body.is_auto_renew,
    effective_time: create_time,
    expire_time: firstEnd(order),
  }));
  await database.transaction(async (transaction) => {
    await quotas.take(transaction, accountId, 'CERTIFICATE_AUTHORITY', authorities.length);
    await requireRoom(transaction, accountId, orderLimit);
    await insertOrder(transaction, order);
    await insertAuthorities(transaction, authorities);
    await insertSubscriptions(transaction, subscriptions);
    for (const subscription of subscriptions) await jobs.schedule(transaction, subscriptionEnd(subscription));
    for (const ca of authorities) {
      await recordAuthorityAudit(ports, transaction, actor, 'createAuthority', ca, `order ${orderId}`);
    }
  });
  return { orderId, caIds: authorities.map((ca) => ca.ca_id) };
}
