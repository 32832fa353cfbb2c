import type { Actor } from '../../iam/actor.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { AuthorityOrder } from './order.ts';
import type { Period } from './period.ts';
import {
  getOrder,
  querySubscriptions,
  type SubscriptionFilter,
  type SubscriptionPage,
} from './query-orders.ts';
import { renewSubscriptions } from './renew-subscriptions.ts';
import { switchAutoRenewal } from './switch-auto-renewal.ts';
import { unsubscribe } from './unsubscribe.ts';

/** Orders and subscriptions of yearly/monthly CAs, for who translates them. All throw AccessDenied; what names a CA throws `NotSubscribed`. */
export interface AuthorityOrders {
  /** See `getOrder`. */
  find(actor: Actor, orderId: string): Promise<AuthorityOrder | undefined>;
  /** See `querySubscriptions`. */
  query(actor: Actor, filter: SubscriptionFilter): Promise<SubscriptionPage>;
  /** See `renewSubscriptions`. */
  renew(actor: Actor, caIds: readonly string[], period: Period): Promise<string>;
  /** See `switchAutoRenewal`. */
  switchAutoRenewal(actor: Actor, caId: string, isOn: boolean): Promise<void>;
  /** See `unsubscribe`. */
  unsubscribe(actor: Actor, caIds: readonly string[]): Promise<string>;
}

export function createAuthorityOrders(ports: PrivateCaPorts): AuthorityOrders {
  return {
    find: (actor, orderId) => getOrder(ports, actor, orderId),
    query: (actor, filter) => querySubscriptions(ports, actor, filter),
    renew: (actor, caIds, period) => renewSubscriptions(ports, actor, caIds, period),
    switchAutoRenewal: (actor, caId, isOn) => switchAutoRenewal(ports, actor, caId, isOn),
    unsubscribe: (actor, caIds) => unsubscribe(ports, actor, caIds),
  };
}
