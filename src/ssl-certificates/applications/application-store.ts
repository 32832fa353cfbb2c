import type { Selectable } from 'kysely';
import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { SslApplicationTable, SslCertificateTables } from '../tables.ts';

/** An application as it is stored. */
export type Application = Selectable<SslApplicationTable>;

export async function findApplication(
  reader: Reader,
  certificateId: string,
): Promise<Application | undefined> {
  return reader
    .tables<SslCertificateTables>()
    .selectFrom('ssl_applications')
    .selectAll()
    .where('certificate_id', '=', certificateId)
    .executeTakeFirst();
}

/** For who removes the certificate: its key is not destroyed here. */
export async function deleteApplication(transaction: Transaction, certificateId: string): Promise<void> {
  await transaction
    .tables<SslCertificateTables>()
    .deleteFrom('ssl_applications')
    .where('certificate_id', '=', certificateId)
    .execute();
}
