import type { Bench } from '../ssl-certificates.fixture.ts';
import { insertCertificate, type NewSslCertificate } from './certificate-store.ts';
import { blankCertificate } from './new-certificate.ts';

/** A certificate in a state that no request of these tests leads to; its id. */
export function store(
  { database, clock }: Pick<Bench, 'database' | 'clock'>,
  accountId: string,
  given: Partial<NewSslCertificate>,
): Promise<string> {
  const nowMs = clock.nowMs();
  return database.transaction((transaction) =>
    insertCertificate(transaction, {
      ...blankCertificate,
      account_id: accountId,
      enterprise_project_id: '0',
      name: 'stored',
      status: 'PAID',
      domain_count: 1,
      wildcard_count: 0,
      created_at: nowMs,
      updated_at: nowMs,
      ...given,
    }),
  );
}
