import type { Insertable } from 'kysely';
import type { Transaction } from '../../platform/db/index.ts';
import type { SslApplicationTable, SslCertificateTables } from '../tables.ts';

/** An application as if it were made by the API. */
export async function storeApplication(
  transaction: Transaction,
  columns: Pick<Insertable<SslApplicationTable>, 'certificate_id' | 'account_id' | 'applicant'> &
    Partial<Insertable<SslApplicationTable>>,
): Promise<void> {
  await transaction
    .tables<SslCertificateTables>()
    .insertInto('ssl_applications')
    .values({
      method: 'DNS',
      auto_dns: 0,
      ca_hash_algorithm: 'DEFAULT',
      key_algorithm: 'RSA_2048',
      csr_der: new Uint8Array(),
      key_id: null,
      submitted_at: 0,
      expires_at: 0,
      issuer: null,
      issuer_state: null,
      review: 'none',
      ...columns,
    })
    .execute();
}
