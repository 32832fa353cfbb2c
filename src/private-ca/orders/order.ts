import type { Actor } from '../../iam/actor.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { AuthorityOrderTable } from '../tables.ts';
import { addPeriod, type PeriodType } from './period.ts';
import { noPrices } from './prices.ts';

/** An order as it is stored. */
export type AuthorityOrder = AuthorityOrderTable;

type Given = Pick<
  AuthorityOrder,
  'account_id' | 'order_type' | 'user_name' | 'enterprise_project_id' | 'ca_ids' | 'subscription_num'
> & { readonly period_type: PeriodType; readonly period_num: number };

/** An order that is placed now. Without `amount_cents` it costs nothing. */
export function newOrder(
  ports: Pick<PrivateCaPorts, 'clock' | 'random' | 'prices'>,
  given: Given & { readonly is_auto_renew?: number; readonly amount_cents?: number },
): AuthorityOrder {
  return {
    order_id: newOrderId(ports),
    create_time: ports.clock.nowMs(),
    is_auto_renew: 0,
    amount_cents: 0,
    currency: (ports.prices ?? noPrices).currency,
    ...given,
  };
}

/** In the form of the reference's example, CS1803192259ROA8U: CS, yyMMddHHmm, a random rest. */
function newOrderId({ clock, random }: Pick<PrivateCaPorts, 'clock' | 'random'>): string {
  const minute = new Date(clock.nowMs()).toISOString().replace(/\D/g, '').slice(2, 12);
  const rest = BigInt(`0x${Buffer.from(random.bytes(8)).toString('hex')}`).toString(36);
  return `CS${minute}${rest.toUpperCase().padStart(13, '0')}`;
}

/** Until when what was bought with this order ran at first. */
export function firstEnd(order: Pick<AuthorityOrder, 'create_time' | 'period_type' | 'period_num'>): number {
  return addPeriod(order.create_time, {
    period_type: order.period_type as PeriodType,
    period_num: order.period_num,
  });
}

/** Who placed an order, for people. */
export function orderer({ kind, principalName }: Pick<Actor, 'kind' | 'principalName'>): string {
  return kind === 'system' ? '' : principalName;
}
