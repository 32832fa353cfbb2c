import { Type } from 'typebox';
import type { Api, ApiPlugin } from '../../platform/http/index.ts';
import { type AuthorityOrders, NotSubscribed } from '../../private-ca/index.ts';
import { bssError } from './errors.ts';
import { caServiceType, frozen, inEffect, presentOrder, presentResource } from './presentation.ts';
import * as schemas from './schemas.ts';

export interface BssPorts {
  readonly orders: AuthorityOrders;
  /** What resources say of their region. */
  readonly regionCode: string;
}

const tags = ['Orders'];
const noContent = { 204: Type.Unsafe<void>(Type.Unknown({ description: 'Done.' })) };

export function bssRoutes(ports: BssPorts): ApiPlugin {
  return (api) => {
    addQueries(api, ports);
    addChanges(api, ports);
  };
}

function addQueries(api: Api, { orders, regionCode }: BssPorts): void {
  api.get(
    '/v2/orders/customer-orders/details/:order_id',
    {
      schema: {
        operationId: 'showCustomerOrderDetails',
        tags,
        summary: 'Query an order',
        params: schemas.orderParams,
        querystring: schemas.detailsQuery,
        response: { 200: schemas.detailsResponse },
      },
    },
    async ({ actor, params, query }) => {
      const order = await orders.find(actor, params.order_id);
      if (order === undefined) throw bssError('CBC.30000010');
      return presentOrder(order, query);
    },
  );
  api.post(
    // The vendor spells it so.
    '/v2/orders/suscriptions/resources/query',
    {
      config: { body: 'optional' },
      schema: {
        operationId: 'listPayPerUseCustomerResources',
        tags,
        summary: 'Query yearly/monthly resources',
        body: schemas.queryBody,
        response: { 200: schemas.queryResponse },
      },
    },
    async ({ actor, body }) => {
      const statuses = body.status_list?.length ? body.status_list : [inEffect, frozen];
      const ofOthers = body.service_type_code && body.service_type_code !== caServiceType;
      if (ofOthers || !statuses.some((status) => status === inEffect || status === frozen))
        return { total_count: 0, data: [] };
      const { total, subscriptions } = await orders.query(actor, {
        caIds: body.resource_ids?.length ? body.resource_ids.map((id) => id.toLowerCase()) : undefined,
        orderId: body.order_id || undefined,
        isFrozen:
          statuses.includes(inEffect) && statuses.includes(frozen) ? undefined : statuses.includes(frozen),
        offset: body.offset ?? 0,
        limit: body.limit ?? 10,
      });
      return { total_count: total, data: subscriptions.map((each) => presentResource(each, regionCode)) };
    },
  );
}

function addChanges(api: Api, { orders }: BssPorts): void {
  api.post(
    '/v2/orders/subscriptions/resources/unsubscribe',
    {
      schema: {
        operationId: 'cancelResourcesSubscription',
        tags,
        summary: 'Unsubscribe from yearly/monthly resources',
        body: schemas.unsubscribeBody,
        response: { 200: schemas.orderIds },
      },
    },
    async ({ actor, body }) => {
      const orderId = await named('CBC.30000067', orders.unsubscribe(actor, body.resource_ids));
      return { order_ids: [orderId] };
    },
  );
  api.post(
    '/v2/orders/subscriptions/resources/renew',
    {
      schema: {
        operationId: 'renewalResources',
        tags,
        summary: 'Renew yearly/monthly resources',
        body: schemas.renewBody,
        response: { 200: schemas.orderIds },
      },
    },
    async ({ actor, body }) => {
      const { resource_ids: ids, period_type, period_num } = body;
      const orderId = await named('CBC.99003012', orders.renew(actor, ids, { period_type, period_num }));
      return { order_ids: [orderId] };
    },
  );
  const autoRenewal = '/v2/orders/subscriptions/resources/autorenew/:resource_id';
  const schema = { tags, params: schemas.resourceParams, response: noContent };
  const enable = { ...schema, operationId: 'autoRenewalResources', summary: 'Renew a resource at its end' };
  const disable = { ...schema, operationId: 'cancelAutoRenewalResources', summary: 'Do not renew it' };
  api.post(autoRenewal, { schema: enable }, async ({ actor, params }, reply) => {
    await named('CBC.99003012', orders.switchAutoRenewal(actor, params.resource_id, true));
    return reply.code(204).send();
  });
  api.delete(autoRenewal, { schema: disable }, async ({ actor, params }, reply) => {
    await named('CBC.99003012', orders.switchAutoRenewal(actor, params.resource_id, false));
    return reply.code(204).send();
  });
}

/** Says which resource the account has no subscription for, in the words of the call. */
async function named<Result>(code: 'CBC.30000067' | 'CBC.99003012', work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof NotSubscribed) throw bssError(code, `resource_id ${error.resourceId}.`);
    throw error;
  }
}
