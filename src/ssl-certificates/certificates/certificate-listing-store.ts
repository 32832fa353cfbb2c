import type { Kysely } from 'kysely';
import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { SslCertificateTable } from '../tables.ts';
import { hasDeployableState } from './deployable.ts';
import type { CertificateCountTable, CertificateListingTable, CertificateTables } from './list-tables.ts';

type Listed = Pick<
  SslCertificateTable,
  Exclude<keyof CertificateListingTable, 'deployable'> | 'key_id' | 'key_algorithm'
>;

export function listTables(reader: Reader): Kysely<CertificateTables> {
  return reader.tables<CertificateTables>();
}

function listingOf(certificate: Listed): CertificateListingTable {
  const { certificate_id, account_id, enterprise_project_id, status, updated_at, not_after, search_text } =
    certificate;
  const deployable = hasDeployableState(certificate) ? 1 : 0;
  return {
    certificate_id,
    account_id,
    enterprise_project_id,
    status,
    deployable,
    updated_at,
    not_after,
    search_text,
  };
}

/** For who inserts the certificate, in the same transaction. */
export async function insertListing(transaction: Transaction, certificate: Listed): Promise<void> {
  const listing = listingOf(certificate);
  await listTables(transaction).insertInto('ssl_certificate_listings').values(listing).execute();
  await addToCounts(transaction, [[listing, 1]]);
}

/** For who changes the certificate, in the same transaction, which holds its row. */
export async function updateListing(transaction: Transaction, before: Listed, after: Listed): Promise<void> {
  const listing = listingOf(after);
  await listTables(transaction)
    .updateTable('ssl_certificate_listings')
    .set(listing)
    .where('account_id', '=', listing.account_id)
    .where('certificate_id', '=', listing.certificate_id)
    .execute();
  await addToCounts(transaction, [
    [listingOf(before), -1],
    [listing, 1],
  ]);
}

/** For who removes the certificate, in the same transaction, which held its row. */
export async function removeListing(transaction: Transaction, certificate: Listed): Promise<void> {
  const listing = listingOf(certificate);
  await listTables(transaction)
    .deleteFrom('ssl_certificate_listings')
    .where('account_id', '=', listing.account_id)
    .where('certificate_id', '=', listing.certificate_id)
    .execute();
  await addToCounts(transaction, [[listing, -1]]);
}

type Kind = Omit<CertificateCountTable, 'total'>;

const nameOf = ({ account_id, enterprise_project_id, status, deployable }: Kind) =>
  [account_id, enterprise_project_id, status, deployable].join(' ');

async function addToCounts(
  transaction: Transaction,
  changes: readonly (readonly [Kind, number])[],
): Promise<void> {
  const sums = new Map<string, CertificateCountTable>();
  for (const [{ account_id, enterprise_project_id, status, deployable }, change] of changes) {
    const kind = { account_id, enterprise_project_id, status, deployable };
    const sum = sums.get(nameOf(kind))?.total ?? 0;
    sums.set(nameOf(kind), { ...kind, total: sum + change });
  }
  // Always in the same order, so that two transactions seldom wait for one another.
  for (const [, count] of [...sums].sort(([a], [b]) => (a < b ? -1 : 1)))
    if (count.total !== 0) await addToCount(transaction, count);
}

async function addToCount(transaction: Transaction, count: CertificateCountTable): Promise<void> {
  await listTables(transaction)
    .insertInto('ssl_certificate_counts')
    .values(count)
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'enterprise_project_id', 'status', 'deployable']).doUpdateSet((eb) => ({
        total: eb('ssl_certificate_counts.total', '+', eb.ref('excluded.total')),
      })),
    )
    .execute();
}
