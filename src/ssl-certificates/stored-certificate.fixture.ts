import { insertCertificate, type SslCertificate } from './certificates/certificate-store.ts';
import { blankCertificate } from './certificates/new-certificate.ts';
import type { Bench } from './ssl-certificates.fixture.ts';

/** A certificate as if it were bought now, without the API that buys them; answers its id. */
export function storeCertificate(
  { database, clock }: Pick<Bench, 'database' | 'clock'>,
  accountId: string,
  columns: Partial<Omit<SslCertificate, 'certificate_id' | 'version' | 'search_text'>> = {},
): Promise<string> {
  const nowMs = clock.nowMs();
  return database.transaction((transaction) =>
    insertCertificate(transaction, {
      ...blankCertificate,
      account_id: accountId,
      enterprise_project_id: '0',
      name: 'scm-test',
      status: 'PAID',
      order_id: 'CS2403151020ABCDE',
      brand: 'GEOTRUST',
      type: 'DV_SSL_CERT',
      domain_type: 'SINGLE_DOMAIN',
      domain_count: 1,
      wildcard_count: 0,
      validity_months: 12,
      created_at: nowMs,
      updated_at: nowMs,
      ...columns,
    }),
  );
}
