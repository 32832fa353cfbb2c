import type { Kysely, Selectable, Updateable } from 'kysely';
import type { Reader, Transaction } from '../../platform/db/index.ts';
import { listTables } from '../certificates/certificate-listing-store.ts';
import type { SslApplicationTable, SslCertificateTables } from '../tables.ts';

interface ApplicationTable extends SslApplicationTable {
  /** Id of the user or agency that applied; null where time did, or before it was kept. */
  applied_by: string | null;
}

export type StoredApplication = Selectable<ApplicationTable>;

type Tables = Omit<SslCertificateTables, 'ssl_applications'> & { ssl_applications: ApplicationTable };

function tables(reader: Reader): Kysely<Tables> {
  return reader.tables<Tables>();
}

/** The last application for the certificate, while it runs and after its end. */
export function findApplication(
  reader: Reader,
  certificateId: string,
): Promise<StoredApplication | undefined> {
  return tables(reader)
    .selectFrom('ssl_applications')
    .selectAll()
    .where('certificate_id', '=', certificateId)
    .executeTakeFirst();
}

/** The caller has changed the certificate in the same transaction, so nobody else does this at the same time. */
export async function replaceApplication(
  transaction: Transaction,
  application: StoredApplication,
): Promise<void> {
  await removeApplication(transaction, application.certificate_id);
  await tables(transaction).insertInto('ssl_applications').values(application).execute();
}

/** As `replaceApplication`. */
export async function changeApplication(
  transaction: Transaction,
  certificateId: string,
  change: Updateable<
    Pick<SslApplicationTable, 'issuer' | 'issuer_state' | 'review' | 'expires_at' | 'key_id'>
  >,
): Promise<void> {
  await tables(transaction)
    .updateTable('ssl_applications')
    .set(change)
    .where('certificate_id', '=', certificateId)
    .execute();
}

/** As `replaceApplication`. Its names to be verified go by `removeValidations`, its key by the key store. */
export async function removeApplication(transaction: Transaction, certificateId: string): Promise<void> {
  await tables(transaction)
    .deleteFrom('ssl_applications')
    .where('certificate_id', '=', certificateId)
    .execute();
}

function certificatesOf(reader: Reader, accountId: string, enterpriseProjectIds: readonly string[]) {
  return listTables(reader)
    .selectFrom('ssl_certificate_listings')
    .select('certificate_id')
    .where('account_id', '=', accountId)
    .where('enterprise_project_id', 'in', enterpriseProjectIds);
}

/** Of which accounts applications are listed; of one account, those in these enterprise projects. */
export type ReviewedAccounts =
  | 'all'
  | { readonly accountId: string; readonly enterpriseProjectIds: 'all' | readonly string[] };

/** Applications whose organisation nobody has reviewed yet, the oldest first. */
export async function listWaitingApplications(
  reader: Reader,
  of: ReviewedAccounts,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly total: number; readonly applications: StoredApplication[] }> {
  let waiting = tables(reader).selectFrom('ssl_applications').where('review', '=', 'waiting');
  if (of !== 'all') {
    const { accountId, enterpriseProjectIds } = of;
    waiting = waiting.where('account_id', '=', accountId);
    if (enterpriseProjectIds !== 'all')
      waiting = waiting.where(
        'certificate_id',
        'in',
        certificatesOf(reader, accountId, enterpriseProjectIds),
      );
  }
  const { total } = await waiting
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const applications = await waiting
    .selectAll()
    .orderBy('submitted_at')
    .orderBy('certificate_id')
    .limit(limit)
    .offset(offset)
    .execute();
  return { total, applications };
}
