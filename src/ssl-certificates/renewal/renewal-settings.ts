import type { SslConfiguration } from '../configuration.ts';
import type { SslCertificateTable } from '../tables.ts';

export interface RenewalSettings {
  /** How long before the end of a certificate the next one is applied for. */
  readonly leadMs: number;
  /** Whether it goes on when what was bought is used up. */
  readonly isReordered: boolean;
}

const dayMs = 86_400_000;
/** General rules of the reference: the next certificate of a series is applied for 30 days before the last one ends. */
const defaultDaysBefore = 30;

export function renewalSettings({ renewal = {} }: SslConfiguration): RenewalSettings {
  return {
    leadMs: (renewal.days_before ?? defaultDaysBefore) * dayMs,
    isReordered: renewal.after_series === 'reorder',
  };
}

/** What is in these states is not followed: it was given up, or never was issued here. */
const ended: readonly string[] = ['UPLOAD', 'UNPASSED', 'REVOKING', 'CANCLEREVOKING', 'REVOKED'];

/** Whether it was bought here and is followed by another, now or later. An imported certificate is not. */
export function isRenewable(
  certificate: Pick<SslCertificateTable, 'status' | 'order_id' | 'remaining_count' | 'successor_id'>,
  { isReordered }: RenewalSettings,
): boolean {
  if (ended.includes(certificate.status) || certificate.order_id === null) return false;
  if (certificate.successor_id !== null) return false;
  return certificate.remaining_count > 0 || isReordered;
}
