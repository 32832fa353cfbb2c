import type { Static } from 'typebox';
import type { BillingOrder, BillingResource, OrderSource } from './order-source.ts';
import type { detailsResponse, queryResponse } from './schemas.ts';

/** The numbers of the billing service's tables. */
const orderTypes = { purchase: 1, renewal: 2, unsubscription: 4 } as const;
const completed = 5;
const pendingPayment = 6;
export const inEffect = 2;
export const frozen = 4;

/** UTC, without a fraction: yyyy-MM-dd'T'HH:mm:ss'Z'. */
const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
const timeIfAny = (ms: number | undefined) => (ms === undefined ? null : time(ms));

export function presentOrder(
  order: BillingOrder,
  { serviceType }: OrderSource,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Static<typeof detailsResponse> {
  const amount = order.amountCents / 100;
  const amounts = { amount_after_discount: amount, official_amount: amount, currency: order.currency };
  const lines = order.lines.map((line, index) => ({
    order_line_item_id: `${order.orderId}-${String(index + 1).padStart(6, '0')}`,
    service_type_code: serviceType,
    product_spec_desc: line.spec,
    period_type: line.periodType,
    period_num: line.periodCount,
    subscription_num: line.count,
    effective_time: timeIfAny(line.fromMs),
    expire_time: timeIfAny(line.untilMs),
    ...amounts,
  }));
  return {
    total_count: lines.length,
    order_info: {
      order_id: order.orderId,
      customer_id: order.accountId,
      service_type_code: serviceType,
      source_type: 1,
      status: order.paidMs === undefined ? pendingPayment : completed,
      order_type: orderTypes[order.kind],
      ...amounts,
      measure_id: 1,
      create_time: time(order.createdMs),
      payment_time: timeIfAny(order.paidMs),
      user_name: order.orderer,
    },
    order_line_items: lines.slice(offset, offset + limit),
  };
}

export function presentResource(
  resource: BillingResource,
  { serviceType, resourceType, spec }: OrderSource,
  regionCode: string,
): Static<typeof queryResponse>['data'][number] {
  return {
    id: resource.resourceId,
    resource_id: resource.resourceId,
    resource_name: resource.name,
    region_code: regionCode,
    service_type_code: serviceType,
    resource_type_code: resourceType,
    resource_spec_code: spec,
    project_id: '',
    product_id: spec,
    parent_resource_id: '',
    is_main_resource: 1,
    status: resource.isFrozen ? frozen : inEffect,
    effective_time: time(resource.fromMs),
    expire_time: time(resource.untilMs),
    expire_policy: resource.isAutoRenewed ? 3 : 4,
  };
}
