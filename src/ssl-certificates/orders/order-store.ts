import type { Selectable } from 'kysely';
import { insertIfAbsent, type Reader, type Transaction } from '../../platform/db/index.ts';
import type { SslCertificateTables, SslOrderTable } from '../tables.ts';
import type { Order, OrderContent } from './order.ts';

function orders(reader: Reader) {
  return reader.tables<SslCertificateTables>();
}

function orderOf(row: Selectable<SslOrderTable>): Order {
  return {
    ...(JSON.parse(row.content) as OrderContent),
    orderId: row.order_id,
    accountId: row.account_id,
    createdMs: row.created_at,
    paidMs: row.paid_at ?? undefined,
  };
}

const contentOf = ({ kind, orderer, items }: OrderContent) => JSON.stringify({ kind, orderer, items });

/** False if there is an order of this id. */
export async function insertOrder(transaction: Transaction, order: Order): Promise<boolean> {
  const { orderId, accountId, createdMs, paidMs } = order;
  return insertIfAbsent(
    orders(transaction)
      .insertInto('ssl_orders')
      .values({
        order_id: orderId,
        account_id: accountId,
        created_at: createdMs,
        paid_at: paidMs ?? null,
        content: contentOf(order),
      })
      .onConflict((conflict) => conflict.doNothing()),
  );
}

/** Another account's order is not found. */
export async function findOrder(
  reader: Reader,
  accountId: string,
  orderId: string,
): Promise<Order | undefined> {
  const row = await orders(reader)
    .selectFrom('ssl_orders')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row && orderOf(row);
}

/** False, and nothing changed, if the order was paid or added to since it was seen. */
export async function changeOrder(
  transaction: Transaction,
  seen: Order,
  changed: Pick<Order, 'paidMs' | 'items'>,
): Promise<boolean> {
  const result = await orders(transaction)
    .updateTable('ssl_orders')
    .set({ paid_at: changed.paidMs ?? null, content: contentOf({ ...seen, ...changed }) })
    .where('order_id', '=', seen.orderId)
    .where('account_id', '=', seen.accountId)
    .where('paid_at', 'is', null)
    .where('content', '=', contentOf(seen))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
