import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { AgencyTable, IamTables } from '../tables.ts';
import { endSessions } from '../tokens/store.ts';

export interface AgencyFilter {
  readonly agencyId?: string;
  readonly name?: string;
  readonly trustAccountId?: string;
}

export function findAgencies(
  reader: Reader,
  accountId: string,
  filter: AgencyFilter = {},
): Promise<AgencyTable[]> {
  const { agencyId, name, trustAccountId } = filter;
  return reader
    .tables<IamTables>()
    .selectFrom('agencies')
    .selectAll()
    .where('account_id', '=', accountId)
    .$if(agencyId !== undefined, (query) => query.where('agency_id', '=', agencyId!))
    .$if(name !== undefined, (query) => query.where('name', '=', name!))
    .$if(trustAccountId !== undefined, (query) => query.where('trust_account_id', '=', trustAccountId!))
    .orderBy('name')
    .execute();
}

export async function findAgency(
  reader: Reader,
  accountId: string,
  agencyId: string,
): Promise<AgencyTable | undefined> {
  return (await findAgencies(reader, accountId, { agencyId }))[0];
}

/** For authentication, which learns the account from the agency. */
export function findAgencyOfAnyAccount(reader: Reader, agencyId: string): Promise<AgencyTable | undefined> {
  return reader
    .tables<IamTables>()
    .selectFrom('agencies')
    .selectAll()
    .where('agency_id', '=', agencyId)
    .executeTakeFirst();
}

export async function insertAgency(transaction: Transaction, agency: AgencyTable): Promise<void> {
  await transaction.tables<IamTables>().insertInto('agencies').values(agency).execute();
}

export async function updateAgencyRow(
  transaction: Transaction,
  accountId: string,
  agencyId: string,
  change: Partial<AgencyTable>,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .updateTable('agencies')
    .set(change)
    .where('account_id', '=', accountId)
    .where('agency_id', '=', agencyId)
    .execute();
}

export async function deleteAgencyRows(
  transaction: Transaction,
  accountId: string,
  agencyId: string,
): Promise<void> {
  const tables = transaction.tables<IamTables>();
  await tables
    .deleteFrom('role_assignments')
    .where('account_id', '=', accountId)
    .where('subject_kind', '=', 'agency')
    .where('subject_id', '=', agencyId)
    .execute();
  await endSessions(transaction, { kind: 'agency', principalId: agencyId });
  await tables
    .deleteFrom('agencies')
    .where('account_id', '=', accountId)
    .where('agency_id', '=', agencyId)
    .execute();
}
