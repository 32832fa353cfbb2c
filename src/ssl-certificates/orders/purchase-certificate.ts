import type { Actor } from '../../iam/actor.ts';
import { requireRoom } from '../../iam/index.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { claimCertificateId } from '../certificates/certificate-id-store.ts';
import { enterpriseProjectOfNew, namedEnterpriseProject } from '../enterprise-project.ts';
import { scmError } from '../errors.ts';
import { orderLimit, unpaidOrderLimit } from '../limits.ts';
import { accessRequest } from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { readTags, type SentTag } from '../tags/tag.ts';
import { newOrderId, type Order, type OrderItem, orderer } from './order.ts';
import { changeOrder, findOrder, insertOrder } from './order-store.ts';
import { readProduct, type SentProduct } from './product.ts';
import { requireRoomForBought } from './room-for-bought.ts';
import { settleOrder } from './settle-order.ts';

type OrderPorts = Pick<SslCertificatesPorts, 'database' | 'identity' | 'clock' | 'random' | 'issuers'>;

export interface Purchase extends SentProduct {
  readonly order_number: number;
  readonly agree_privacy_protection: boolean;
  /** Pays at once, all that the order then holds. */
  readonly is_auto_pay?: boolean | undefined;
  readonly enterprise_project_id?: string | undefined;
  /** An order that waits for payment, to which this is added. */
  readonly order_id?: string | undefined;
  readonly tags?: readonly SentTag[] | undefined;
}

export interface Purchased {
  readonly orderId: string;
  /** Of what was bought with this request. */
  readonly certificateIds: readonly string[];
}

/** As many as one purchase can be of: all of an order are written in one transaction, for which others wait. */
const mostOfOrder = 100;

/**
 * Orders certificates; until the order is paid only their ids exist. Throws AccessDenied, SCM.0005, SCM.0011, SCM.0017 if no issuer of
 * the configuration has the product, SCM.0016, SCM.0060 and SCM.0064 for the order to be added to, and as `readProduct` and `readTags`.
 */
export async function purchaseCertificate(
  ports: OrderPorts,
  actor: Actor,
  sent: Purchase,
): Promise<Purchased> {
  const { accountId } = actor;
  const enterpriseProjectId = namedEnterpriseProject(sent.enterprise_project_id) ?? '0';
  const requestedTags = (sent.tags ?? []).map(({ key, value }) => ({ key, values: [value ?? ''] }));
  const access = accessRequest('purchaseCertificate', { enterpriseProjectId, requestedTags });
  await ports.identity.authorize(actor, access);
  await enterpriseProjectOfNew(ports.identity, accountId, sent.enterprise_project_id);
  if (!sent.agree_privacy_protection) throw scmError('SCM.0005', 'agree_privacy_protection has to be true.');
  const product = readProduct(sent);
  const tags = sent.tags?.length ? readTags(sent.tags) : [];
  ports.issuers.chosen(product.brand, product.type);
  if (sent.order_id) await requirePurchaseOf(ports, actor, sent.order_id);
  return ports.database.transaction(async (transaction) => {
    const seen = sent.order_id
      ? await findUnpaid(transaction, accountId, sent.order_id)
      : await placeOrder(ports, transaction, actor, sent.is_auto_pay === true);
    requireRoomInOrder(seen, sent.order_number);
    if (sent.is_auto_pay) await requireRoomForBought(transaction, accountId, boughtWith(seen, sent));
    const certificateIds = await claimIds(ports, transaction, seen, sent.order_number);
    const item = { product, enterpriseProjectId, tags, certificateIds };
    await addToOrder(ports, transaction, actor, seen, { item, isPaid: sent.is_auto_pay === true });
    return { orderId: seen.orderId, certificateIds };
  });
}

/** Who adds to an order, and perhaps pays it, has to be allowed to buy what others have put there. Throws AccessDenied. */
async function requirePurchaseOf(
  { database, identity }: OrderPorts,
  actor: Actor,
  orderId: string,
): Promise<void> {
  const order = await findOrder(database, actor.accountId, orderId);
  for (const enterpriseProjectId of new Set(order?.items.map((item) => item.enterpriseProjectId)))
    await identity.authorize(actor, accessRequest('purchaseCertificate', { enterpriseProjectId }));
}

function requireRoomInOrder({ orderId, items }: Order, count: number): void {
  const there = items.reduce((sum, { certificateIds }) => sum + certificateIds.length, 0);
  if (there + count <= mostOfOrder) return;
  throw scmError('SCM.0060', `Order ${orderId} has ${there} certificates; ${mostOfOrder} is the most.`);
}

/** Number of certificates that the order brings when it is paid with this purchase. */
function boughtWith({ items }: Order, { order_number: count }: Purchase): number {
  return items.reduce((sum, { certificateIds }) => sum + certificateIds.length, count);
}

async function claimIds(
  { clock }: OrderPorts,
  transaction: Transaction,
  { accountId, orderId }: Order,
  count: number,
): Promise<string[]> {
  const certificateIds: string[] = [];
  let fromMs = clock.nowMs();
  while (certificateIds.length < count) {
    const certificateId = await claimCertificateId(transaction, { accountId, fromMs, orderId });
    certificateIds.push(certificateId);
    fromMs = Number(certificateId.slice(3)) + 1;
  }
  return certificateIds;
}

async function placeOrder(
  { random, clock }: OrderPorts,
  transaction: Transaction,
  actor: Actor,
  isPaid: boolean,
): Promise<Order> {
  await requireRoom(transaction, actor.accountId, orderLimit);
  if (!isPaid) await requireRoom(transaction, actor.accountId, unpaidOrderLimit);
  const createdMs = clock.nowMs();
  for (;;) {
    const order: Order = {
      orderId: newOrderId(random, createdMs),
      accountId: actor.accountId,
      createdMs,
      paidMs: undefined,
      kind: 'purchase',
      orderer: orderer(actor),
      items: [],
    };
    if (await insertOrder(transaction, order)) return order;
  }
}

async function findUnpaid(transaction: Transaction, accountId: string, orderId: string): Promise<Order> {
  const order = await findOrder(transaction, accountId, orderId);
  if (!order) throw scmError('SCM.0016', 'order_id names no order of this account; leave it out.');
  if (order.paidMs !== undefined)
    throw scmError('SCM.0064', `Order ${orderId} is paid; nothing can be added to it.`);
  return order;
}

async function addToOrder(
  ports: OrderPorts,
  transaction: Transaction,
  actor: Actor,
  seen: Order,
  { item, isPaid }: { readonly item: OrderItem; readonly isPaid: boolean },
): Promise<void> {
  const order = {
    ...seen,
    items: [...seen.items, item],
    paidMs: isPaid ? ports.clock.nowMs() : undefined,
  };
  if (!(await changeOrder(transaction, seen, order)))
    throw scmError('SCM.0064', `Order ${seen.orderId} was changed by another request at the same time.`);
  if (isPaid) await settleOrder(ports, transaction, actor, order);
}
