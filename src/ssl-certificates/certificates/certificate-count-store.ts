import type { Reader } from '../../platform/db/index.ts';
import type { SslCertificateTable } from '../tables.ts';
import { listTables } from './certificate-listing-store.ts';

/** Number of certificates of the account, of all states or of one; from stored counts. */
export async function countCertificates(
  reader: Reader,
  accountId: string,
  status?: SslCertificateTable['status'],
): Promise<number> {
  const row = await listTables(reader)
    .selectFrom('ssl_certificate_counts')
    .select(({ fn }) => fn.sum<number | string | null>('total').as('total'))
    .where('account_id', '=', accountId)
    .$if(status !== undefined, (query) => query.where('status', '=', status!))
    .executeTakeFirst();
  return Number(row?.total ?? 0);
}
