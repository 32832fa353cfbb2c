import type { Updateable } from 'kysely';
import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { AuthorityOrderTable, AuthoritySubscriptionTable, PrivateCaTables } from '../tables.ts';

/** A subscription with what is shown of its CA. */
export interface SubscribedAuthority extends AuthoritySubscriptionTable {
  readonly common_name: string;
  readonly freeze_flag: number;
}

export interface SubscriptionQuery {
  readonly accountId: string;
  readonly caIds: readonly string[] | undefined;
  readonly orderId: string | undefined;
  readonly isFrozen: boolean | undefined;
  readonly offset: number;
  readonly limit: number;
}

const tables = (reader: Reader) => reader.tables<PrivateCaTables>();

export async function insertOrder(transaction: Transaction, order: AuthorityOrderTable): Promise<void> {
  await tables(transaction).insertInto('certificate_authority_orders').values(order).execute();
}

export async function findOrder(
  reader: Reader,
  accountId: string,
  orderId: string,
): Promise<AuthorityOrderTable | undefined> {
  return tables(reader)
    .selectFrom('certificate_authority_orders')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
}

export async function insertSubscriptions(
  transaction: Transaction,
  rows: readonly AuthoritySubscriptionTable[],
): Promise<void> {
  await tables(transaction)
    .insertInto('certificate_authority_subscriptions')
    .values([...rows])
    .execute();
}

export async function findSubscription(
  reader: Reader,
  accountId: string,
  caId: string,
): Promise<AuthoritySubscriptionTable | undefined> {
  return tables(reader)
    .selectFrom('certificate_authority_subscriptions')
    .selectAll()
    .where('ca_id', '=', caId.toLowerCase())
    .where('account_id', '=', accountId)
    .executeTakeFirst();
}

/** False, and nothing changed, if the subscription is no longer as it was seen: its end tells. */
export async function updateSubscription(
  transaction: Transaction,
  seen: Pick<AuthoritySubscriptionTable, 'ca_id' | 'account_id' | 'expire_time'>,
  changes: Updateable<AuthoritySubscriptionTable>,
): Promise<boolean> {
  const { numUpdatedRows } = await tables(transaction)
    .updateTable('certificate_authority_subscriptions')
    .set(changes)
    .where('ca_id', '=', seen.ca_id)
    .where('account_id', '=', seen.account_id)
    .where('expire_time', '=', seen.expire_time)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function deleteSubscription(transaction: Transaction, caId: string): Promise<void> {
  await tables(transaction)
    .deleteFrom('certificate_authority_subscriptions')
    .where('ca_id', '=', caId)
    .execute();
}

function matching(reader: Reader, { accountId, caIds, orderId, isFrozen }: SubscriptionQuery) {
  return tables(reader)
    .selectFrom('certificate_authority_subscriptions as subscription')
    .innerJoin('certificate_authorities as ca', 'ca.ca_id', 'subscription.ca_id')
    .where('subscription.account_id', '=', accountId)
    .$if(caIds !== undefined, (query) =>
      query.where('subscription.ca_id', 'in', caIds!.length === 0 ? [''] : [...caIds!]),
    )
    .$if(orderId !== undefined, (query) => query.where('subscription.order_id', '=', orderId!))
    .$if(isFrozen !== undefined, (query) => query.where('ca.freeze_flag', isFrozen ? '!=' : '=', 0));
}

/** A page in the order of purchase. */
export async function listSubscriptions(
  reader: Reader,
  query: SubscriptionQuery,
): Promise<SubscribedAuthority[]> {
  return matching(reader, query)
    .selectAll('subscription')
    .select(['ca.common_name', 'ca.freeze_flag'])
    .orderBy('subscription.effective_time')
    .orderBy('subscription.ca_id')
    .limit(query.limit)
    .offset(query.offset)
    .execute();
}

export async function countSubscriptions(reader: Reader, query: SubscriptionQuery): Promise<number> {
  const counted = await matching(reader, query)
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return counted.total;
}
