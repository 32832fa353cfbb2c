import type { Static } from 'typebox';
import { type AuthorityOrder, firstEnd, type SubscribedAuthority } from '../../private-ca/index.ts';
import type { detailsResponse, queryResponse } from './schemas.ts';

export const caServiceType = 'hws.service.type.ccm';
const resourceType = 'hws.resource.type.pca.duration';
const specCode = 'ca.duration';

/** The numbers of the billing service's tables. */
const orderTypes = { purchase: 1, renewal: 2, unsubscription: 4 } as const;
const completed = 5;
export const inEffect = 2;
export const frozen = 4;

/** UTC, without a fraction: yyyy-MM-dd'T'HH:mm:ss'Z'. */
const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Every order has one line. */
export function presentOrder(
  order: AuthorityOrder,
  { offset }: { readonly offset: number },
): Static<typeof detailsResponse> {
  const amount = order.amount_cents / 100;
  const amounts = { amount_after_discount: amount, official_amount: amount, currency: order.currency };
  const created = time(order.create_time);
  const isPurchase = order.order_type === 'purchase';
  const line = {
    order_line_item_id: `${order.order_id}-000001`,
    service_type_code: caServiceType,
    product_spec_desc: specCode,
    period_type: order.period_type,
    period_num: order.period_num,
    subscription_num: order.subscription_num,
    effective_time: isPurchase ? created : null,
    expire_time: isPurchase ? time(firstEnd(order)) : null,
    ...amounts,
  };
  return {
    total_count: 1,
    order_info: {
      order_id: order.order_id,
      customer_id: order.account_id,
      service_type_code: caServiceType,
      source_type: 1,
      status: completed,
      order_type: orderTypes[order.order_type],
      ...amounts,
      measure_id: 1,
      create_time: created,
      payment_time: created,
      user_name: order.user_name,
    },
    order_line_items: offset === 0 ? [line] : [],
  };
}

export function presentResource(
  subscription: SubscribedAuthority,
  regionCode: string,
): Static<typeof queryResponse>['data'][number] {
  return {
    id: subscription.ca_id,
    resource_id: subscription.ca_id,
    resource_name: subscription.common_name || subscription.ca_id,
    region_code: regionCode,
    service_type_code: caServiceType,
    resource_type_code: resourceType,
    resource_spec_code: specCode,
    project_id: '',
    product_id: specCode,
    parent_resource_id: '',
    is_main_resource: 1,
    status: subscription.freeze_flag === 0 ? inEffect : frozen,
    effective_time: time(subscription.effective_time),
    expire_time: time(subscription.expire_time),
    expire_policy: subscription.is_auto_renew === 1 ? 3 : 4,
  };
}
