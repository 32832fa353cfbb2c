import { Type } from 'typebox';
import type { Actor } from '../../iam/actor.ts';
import type { Api, ApiPlugin } from '../../platform/http/index.ts';
import { type AuthorityOrders, NotSubscribed } from '../../private-ca/index.ts';
import { bssError } from './errors.ts';
import { NotUnsubscribable, type OrderSource, type ResourceFilter } from './order-source.ts';
import { frozen, inEffect, presentOrder, presentResource } from './presentation.ts';
import * as schemas from './schemas.ts';

export interface BssPorts {
  /** What is renewed: only CAs are. */
  readonly authorities: AuthorityOrders;
  /** Whose orders these are; the first that an id could be of is asked for the resource. */
  readonly sources: readonly OrderSource[];
  /** What resources say of their region. */
  readonly regionCode: string;
}

const tags = ['Orders'];
const noContent = { 204: Type.Unsafe<void>(Type.Unknown({ description: 'Done.' })) };

export function bssRoutes(ports: BssPorts): ApiPlugin {
  return (api) => {
    addQueries(api, ports);
    addPayment(api, ports);
    addUnsubscription(api, ports);
    addRenewals(api, ports);
  };
}

function addQueries(api: Api, { sources, regionCode }: BssPorts): void {
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
      for (const source of sources) {
        const order = await source.find(actor, params.order_id);
        if (order) return presentOrder(order, source, query);
      }
      throw bssError('CBC.30000010');
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
      if (!statuses.some((status) => status === inEffect || status === frozen))
        return { total_count: 0, data: [] };
      const asked = sources.filter(
        ({ serviceType }) => !body.service_type_code || body.service_type_code === serviceType,
      );
      return queryAll(asked, regionCode, actor, {
        resourceIds: body.resource_ids?.length ? body.resource_ids : undefined,
        orderId: body.order_id || undefined,
        isFrozen:
          statuses.includes(inEffect) && statuses.includes(frozen) ? undefined : statuses.includes(frozen),
        offset: body.offset ?? 0,
        limit: body.limit ?? 10,
      });
    },
  );
}

/** A page of all sources, one after the other. */
async function queryAll(
  sources: readonly OrderSource[],
  regionCode: string,
  actor: Actor,
  filter: ResourceFilter,
) {
  const data: ReturnType<typeof presentResource>[] = [];
  let total = 0;
  for (const source of sources) {
    const place = { offset: Math.max(0, filter.offset - total), limit: filter.limit - data.length };
    const found = await source.query(actor, { ...filter, ...place });
    data.push(...found.resources.map((each) => presentResource(each, source, regionCode)));
    total += found.total;
  }
  return { total_count: total, data };
}

/** Both versions of the call, which differ in coupons and discounts: here nothing is charged. */
function addPayment(api: Api, { sources }: BssPorts): void {
  for (const version of ['v2', 'v3'] as const)
    api.post(
      `/${version}/orders/customer-orders/pay`,
      {
        schema: {
          operationId: version === 'v3' ? 'payOrders' : 'payOrdersV2',
          tags,
          summary: 'Pay an order',
          body: schemas.payBody,
          response: noContent,
        },
      },
      async ({ actor, body }, reply) => {
        for (const source of sources) {
          const outcome = await source.pay(actor, body.order_id);
          if (outcome === 'done') return reply.code(204).send();
          if (outcome === 'changed') throw bssError('CBC.99003106');
          if (outcome === 'no quota') throw bssError('CBC.99003141');
        }
        throw bssError('CBC.30000010');
      },
    );
}

function addUnsubscription(api: Api, { sources }: BssPorts): void {
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
    async ({ actor, body: { resource_ids: ids } }) => {
      const [source, other] = new Set(ids.map((id) => sources.find((each) => each.names(id))));
      if (!source || other)
        throw bssError('CBC.0100', 'resource_ids have to be of one service: all of them end, or none.');
      try {
        return { order_ids: [await source.unsubscribe(actor, ids)] };
      } catch (error) {
        if (!(error instanceof NotUnsubscribable)) throw error;
        throw bssError('CBC.30000067', error.message);
      }
    },
  );
}

function addRenewals(api: Api, { authorities: orders }: BssPorts): void {
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
      const orderId = await named(orders.renew(actor, ids, { period_type, period_num }));
      return { order_ids: [orderId] };
    },
  );
  const autoRenewal = '/v2/orders/subscriptions/resources/autorenew/:resource_id';
  const schema = { tags, params: schemas.resourceParams, response: noContent };
  const enable = { ...schema, operationId: 'autoRenewalResources', summary: 'Renew a resource at its end' };
  const disable = { ...schema, operationId: 'cancelAutoRenewalResources', summary: 'Do not renew it' };
  api.post(autoRenewal, { schema: enable }, async ({ actor, params }, reply) => {
    await named(orders.switchAutoRenewal(actor, params.resource_id, true));
    return reply.code(204).send();
  });
  api.delete(autoRenewal, { schema: disable }, async ({ actor, params }, reply) => {
    await named(orders.switchAutoRenewal(actor, params.resource_id, false));
    return reply.code(204).send();
  });
}

/** Says which resource the account has no subscription for. */
async function named<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof NotSubscribed) throw bssError('CBC.99003012', `resource_id ${error.resourceId}.`);
    throw error;
  }
}
