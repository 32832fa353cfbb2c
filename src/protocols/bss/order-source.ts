import type { Actor } from '../../iam/actor.ts';

/** One line of an order. */
export interface OrderLine {
  /** Of what is sold, as the service names it. */
  readonly spec: string;
  /** 2: months, 3: years. */
  readonly periodType: number;
  readonly periodCount: number;
  readonly count: number;
  /** Undefined where the order is about what ran before. */
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
}

/** An order as the billing service shows it. */
export interface BillingOrder {
  readonly orderId: string;
  readonly accountId: string;
  readonly kind: 'purchase' | 'renewal' | 'unsubscription';
  readonly createdMs: number;
  /** Undefined: it waits for payment. */
  readonly paidMs: number | undefined;
  readonly orderer: string;
  readonly amountCents: number;
  readonly currency: string;
  /** At least one. */
  readonly lines: readonly OrderLine[];
}

/** Something that was bought and runs, or is frozen. */
export interface BillingResource {
  readonly resourceId: string;
  readonly name: string;
  readonly isFrozen: boolean;
  readonly isAutoRenewed: boolean;
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface ResourceFilter {
  readonly resourceIds: readonly string[] | undefined;
  readonly orderId: string | undefined;
  /** Undefined: both. */
  readonly isFrozen: boolean | undefined;
  readonly offset: number;
  /** 0: only the total is wanted. */
  readonly limit: number;
}

/** The account has no subscription for a resource of this id that could be ended. */
export class NotUnsubscribable extends Error {
  constructor(detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'NotUnsubscribable';
  }
}

/** The orders of one service. All throw AccessDenied. */
export interface OrderSource {
  /** `hws.service.type.…` */
  readonly serviceType: string;
  readonly resourceType: string;
  readonly spec: string;
  /** Whether an id has the form of this service's resources. */
  names(resourceId: string): boolean;
  /** Undefined if the account has no such order. */
  find(actor: Actor, orderId: string): Promise<BillingOrder | undefined>;
  query(
    actor: Actor,
    filter: ResourceFilter,
  ): Promise<{ readonly total: number; readonly resources: readonly BillingResource[] }>;
  /** `changed`: the order does not wait for payment. */
  pay(actor: Actor, orderId: string): Promise<'done' | 'unknown' | 'changed' | 'no quota'>;
  /** All or none; answers the id of the order that this is. Throws `NotUnsubscribable`. */
  unsubscribe(actor: Actor, resourceIds: readonly string[]): Promise<string>;
}
