import type { Transaction } from '../../platform/db/index.ts';
import type { SslCertificate } from '../certificates/certificate-store.ts';
import { newOrderId } from '../orders/order.ts';
import { insertOrder } from '../orders/order-store.ts';
import type { Product } from '../orders/product.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import type { Tag } from '../tags/tag-store.ts';

/** A paid order for one certificate more of the same kind, for one period; nobody placed it. Answers its id. */
export async function placeRenewalOrder(
  { clock, random }: Pick<SslCertificatesPorts, 'clock' | 'random'>,
  transaction: Transaction,
  seen: SslCertificate,
  { certificateId, tags }: { readonly certificateId: string; readonly tags: readonly Tag[] },
): Promise<string> {
  const nowMs = clock.nowMs();
  const { account_id: accountId, enterprise_project_id: enterpriseProjectId } = seen;
  const { brand, type, domain_type, primary_domain_type, domain_count, wildcard_count, validity_months } =
    seen;
  // What has an order has all of these.
  const product = {
    brand,
    type,
    domain_type,
    primary_domain_type,
    domain_count,
    wildcard_count,
    validity_months,
    remaining_count: 0,
  } as Product;
  for (;;) {
    const orderId = newOrderId(random, nowMs);
    const isNew = await insertOrder(transaction, {
      orderId,
      accountId,
      createdMs: nowMs,
      paidMs: nowMs,
      kind: 'purchase',
      orderer: '',
      items: [{ product, enterpriseProjectId, tags, certificateIds: [certificateId] }],
    });
    if (isNew) return orderId;
  }
}
