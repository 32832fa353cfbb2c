import type { Actor } from '../../iam/actor.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { billingPermissions } from './billing-permissions.ts';
import type { AuthorityOrder } from './order.ts';
import {
  countSubscriptions,
  findOrder,
  listSubscriptions,
  type SubscribedAuthority,
  type SubscriptionQuery,
} from './subscription-store.ts';

type QueryPorts = Pick<PrivateCaPorts, 'database' | 'identity'>;

/** Undefined if the account has no such order. */
export async function getOrder(
  { database, identity }: QueryPorts,
  actor: Actor,
  orderId: string,
): Promise<AuthorityOrder | undefined> {
  await identity.authorize(actor, billingPermissions.viewOrders);
  return findOrder(database, actor.accountId, orderId);
}

export type SubscriptionFilter = Omit<SubscriptionQuery, 'accountId'>;

export interface SubscriptionPage {
  /** Of all that fit the filter. */
  readonly total: number;
  readonly subscriptions: readonly SubscribedAuthority[];
}

/** What runs, and what is frozen; with an order's id what that order bought, renewed or ended, as far as it still runs. */
export async function querySubscriptions(
  { database, identity }: QueryPorts,
  actor: Actor,
  filter: SubscriptionFilter,
): Promise<SubscriptionPage> {
  await identity.authorize(actor, billingPermissions.viewOrders);
  const query = await withOrder({ database }, { ...filter, accountId: actor.accountId });
  const total = await countSubscriptions(database, query);
  return { total, subscriptions: await listSubscriptions(database, query) };
}

/** An order that bought nothing names its CAs. */
async function withOrder(
  { database }: Pick<QueryPorts, 'database'>,
  query: SubscriptionQuery,
): Promise<SubscriptionQuery> {
  if (query.orderId === undefined) return query;
  const order = await findOrder(database, query.accountId, query.orderId);
  if (order?.ca_ids == null) return query;
  const named = JSON.parse(order.ca_ids) as string[];
  const caIds = query.caIds === undefined ? named : named.filter((caId) => query.caIds!.includes(caId));
  return { ...query, orderId: undefined, caIds };
}
