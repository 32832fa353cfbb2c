import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { AuthorityShareTable, PrivateCaTables } from '../tables.ts';

const tables = (reader: Reader) => reader.tables<PrivateCaTables>();

/** With whom the owner's CA is shared, in the order of the ids. */
export async function listShares(reader: Reader, caId: string): Promise<AuthorityShareTable[]> {
  return tables(reader)
    .selectFrom('certificate_authority_shares')
    .selectAll()
    .where('ca_id', '=', caId)
    .orderBy('consumer_id')
    .execute();
}

export async function deleteShares(transaction: Transaction, caId: string): Promise<void> {
  await tables(transaction).deleteFrom('certificate_authority_shares').where('ca_id', '=', caId).execute();
}

export async function insertShares(
  transaction: Transaction,
  rows: readonly AuthorityShareTable[],
): Promise<void> {
  await tables(transaction)
    .insertInto('certificate_authority_shares')
    .values([...rows])
    .execute();
}

/** Whose the CA is, if it is shared with this account. */
export async function findSharingOwner(
  reader: Reader,
  consumerId: string,
  caId: string,
): Promise<string | undefined> {
  const row = await tables(reader)
    .selectFrom('certificate_authority_shares')
    .select('account_id')
    .where('consumer_id', '=', consumerId)
    .where('ca_id', '=', caId.toLowerCase())
    .executeTakeFirst();
  return row?.account_id;
}

export async function listSharedWith(reader: Reader, consumerId: string): Promise<string[]> {
  const rows = await tables(reader)
    .selectFrom('certificate_authority_shares')
    .select('ca_id')
    .where('consumer_id', '=', consumerId)
    .execute();
  return rows.map(({ ca_id }) => ca_id);
}
