import type { Transaction } from '../../platform/db/index.ts';
import type { SslCertificate } from '../certificates/certificate-store.ts';
import { newOrderId } from '../orders/order.ts';
import { insertOrder } from '../orders/order-store.ts';
import { productOf } from '../orders/product.ts';
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
  const product = { ...productOf(seen), remaining_count: 0 };
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
