import { type AuthorityOrders, firstEnd, NotSubscribed } from '../../private-ca/index.ts';
import { NotUnsubscribable, type OrderSource } from './order-source.ts';

const spec = 'ca.duration';

/** Yearly/monthly CAs. */
export function authoritySource(orders: AuthorityOrders): OrderSource {
  return {
    serviceType: 'hws.service.type.ccm',
    resourceType: 'hws.resource.type.pca.duration',
    spec,
    names: () => true,
    async find(actor, orderId) {
      const order = await orders.find(actor, orderId);
      if (order === undefined) return undefined;
      const { create_time: createdMs, order_type: kind } = order;
      const isPurchase = kind === 'purchase';
      const line = {
        spec,
        periodType: order.period_type,
        periodCount: order.period_num,
        count: order.subscription_num,
        fromMs: isPurchase ? createdMs : undefined,
        untilMs: isPurchase ? firstEnd(order) : undefined,
      };
      return {
        orderId,
        accountId: order.account_id,
        kind,
        createdMs,
        paidMs: createdMs,
        orderer: order.user_name,
        amountCents: order.amount_cents,
        currency: order.currency,
        lines: [line],
      };
    },
    async query(actor, { resourceIds, ...filter }) {
      const caIds = resourceIds?.map((id) => id.toLowerCase());
      const { total, subscriptions } = await orders.query(actor, { ...filter, caIds });
      const resources = subscriptions.map((each) => ({
        resourceId: each.ca_id,
        name: each.common_name || each.ca_id,
        isFrozen: each.freeze_flag !== 0,
        isAutoRenewed: each.is_auto_renew === 1,
        fromMs: each.effective_time,
        untilMs: each.expire_time,
      }));
      return { total, resources };
    },
    // An order of CAs is complete when it is answered.
    pay: async (actor, orderId) => ((await orders.find(actor, orderId)) ? 'changed' : 'unknown'),
    async unsubscribe(actor, resourceIds) {
      try {
        return await orders.unsubscribe(actor, resourceIds);
      } catch (error) {
        if (!(error instanceof NotSubscribed)) throw error;
        throw new NotUnsubscribable(`resource_id ${error.resourceId}.`, { cause: error });
      }
    },
  };
}
