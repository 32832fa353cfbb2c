import type { NewSslCertificate, SslCertificate } from '../certificates/certificate-store.ts';
import { blankCertificate } from '../certificates/new-certificate.ts';
import { productOf } from '../orders/product.ts';
import type { SslCertificatesPorts } from '../ports.ts';

/** The next certificate of a series, paid for and of the same specification. */
export function successorOf(
  { clock }: Pick<SslCertificatesPorts, 'clock'>,
  seen: SslCertificate,
  orderId: string | null,
): NewSslCertificate {
  const nowMs = clock.nowMs();
  const { account_id, enterprise_project_id, name, description, notify_expiring, notify_expired } = seen;
  return {
    ...blankCertificate,
    account_id,
    enterprise_project_id,
    name,
    description,
    order_id: orderId,
    notify_expiring,
    notify_expired,
    ...productOf(seen),
    status: 'PAID',
    remaining_count: Math.max(seen.remaining_count - 1, 0),
    predecessor_id: seen.certificate_id,
    created_at: nowMs,
    updated_at: nowMs,
  };
}
