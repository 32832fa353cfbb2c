import type { Actor } from '../../iam/actor.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { takeFreeCertificates } from '../certificates/account-usage-store.ts';
import { insertClaimedCertificate } from '../certificates/certificate-store.ts';
import { blankCertificate } from '../certificates/new-certificate.ts';
import { scmError } from '../errors.ts';
import { permissions } from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { insertTags } from '../tags/tag-store.ts';
import type { Order, OrderItem } from './order.ts';
import { freeCertificateLimit, freeCertificateType } from './product.ts';

/** Brings the certificates of an order to life, in the transaction that makes it a paid one. Throws SCM.0011. */
export async function settleOrder(
  { identity, clock }: Pick<SslCertificatesPorts, 'identity' | 'clock'>,
  transaction: Transaction,
  actor: Actor,
  order: Order,
): Promise<void> {
  await takeFree(transaction, order);
  for (const item of order.items)
    for (const certificateId of item.certificateIds) {
      const certificate = boughtCertificate(order, item, certificateId, clock.nowMs());
      await insertClaimedCertificate(transaction, certificateId, certificate);
      await insertTags(transaction, { certificateId, accountId: order.accountId }, item.tags);
      await identity.recordAudit(transaction, actor, {
        action: permissions.purchaseCertificate.action,
        resourceType: 'cert',
        resourceId: certificateId,
        resourceName: certificate.name,
        result: 'success',
        detail: `order ${order.orderId}`,
      });
    }
}

async function takeFree(transaction: Transaction, { accountId, items }: Order): Promise<void> {
  const amount = items
    .filter(({ product }) => product.type === freeCertificateType)
    .reduce((sum, { certificateIds }) => sum + certificateIds.length, 0);
  if (amount === 0) return;
  if (await takeFreeCertificates(transaction, accountId, { amount, limit: freeCertificateLimit })) return;
  throw scmError(
    'SCM.0011',
    `An account has at most ${freeCertificateLimit} certificates of type ${freeCertificateType}; delete those that are not used.`,
  );
}

function boughtCertificate(
  { accountId, orderId }: Order,
  { product, enterpriseProjectId }: OrderItem,
  certificateId: string,
  nowMs: number,
) {
  return {
    ...blankCertificate,
    ...product,
    account_id: accountId,
    enterprise_project_id: enterpriseProjectId,
    // A request has no name: the digits of the id make one.
    name: certificateId.replace('scs', 'scm-'),
    status: 'PAID',
    order_id: orderId,
    created_at: nowMs,
    updated_at: nowMs,
  } as const;
}
