import { containsPattern, matches, type Reader, type Transaction } from '../../platform/db/index.ts';
import type { EnterpriseProjectTable, IamTables } from '../tables.ts';

export interface EnterpriseProjectFilter {
  readonly id?: string;
  readonly name?: string;
  readonly enabled?: boolean;
}

export function findEnterpriseProjects(
  reader: Reader,
  accountId: string,
  filter: EnterpriseProjectFilter = {},
): Promise<EnterpriseProjectTable[]> {
  const { id, name, enabled } = filter;
  return reader
    .tables<IamTables>()
    .selectFrom('enterprise_projects')
    .selectAll()
    .where('account_id', '=', accountId)
    .$if(id !== undefined, (query) => query.where('enterprise_project_id', '=', id!))
    .$if(name !== undefined, (query) => query.where('name', '=', name!))
    .$if(enabled !== undefined, (query) => query.where('enabled', '=', enabled ? 1 : 0))
    .orderBy('created_at')
    .orderBy('enterprise_project_id')
    .execute();
}

export async function enterpriseProjectIds(reader: Reader, accountId: string): Promise<string[]> {
  const rows = await reader
    .tables<IamTables>()
    .selectFrom('enterprise_projects')
    .select('enterprise_project_id')
    .where('account_id', '=', accountId)
    .orderBy('created_at')
    .orderBy('enterprise_project_id')
    .execute();
  return rows.map((row) => row.enterprise_project_id);
}

export interface EnterpriseProjectSearch {
  readonly id?: string;
  /** A part of the name. */
  readonly name?: string;
  readonly type?: string;
  readonly enabled?: boolean;
}

/** A page of what is found, in the order of creation, and how many there are. */
export async function searchEnterpriseProjects(
  reader: Reader,
  accountId: string,
  { id, name, type, enabled }: EnterpriseProjectSearch,
  page: { readonly offset: number; readonly limit: number; readonly direction: 'asc' | 'desc' },
): Promise<{ readonly rows: EnterpriseProjectTable[]; readonly total: number }> {
  const found = reader
    .tables<IamTables>()
    .selectFrom('enterprise_projects')
    .where('account_id', '=', accountId)
    .$if(id !== undefined, (query) => query.where('enterprise_project_id', '=', id!))
    .$if(name !== undefined, (query) => query.where((eb) => matches(eb.ref('name'), containsPattern(name!))))
    .$if(type !== undefined, (query) => query.where('type', '=', type as EnterpriseProjectTable['type']))
    .$if(enabled !== undefined, (query) => query.where('enabled', '=', enabled ? 1 : 0));
  const { total } = await found
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const rows =
    page.limit === 0
      ? []
      : await found
          .selectAll()
          .orderBy('created_at', page.direction)
          .orderBy('enterprise_project_id', page.direction)
          .limit(page.limit)
          .offset(page.offset)
          .execute();
  return { rows, total };
}

export async function insertEnterpriseProject(
  transaction: Transaction,
  project: EnterpriseProjectTable,
): Promise<void> {
  await transaction.tables<IamTables>().insertInto('enterprise_projects').values(project).execute();
}

export async function updateEnterpriseProjectRow(
  transaction: Transaction,
  accountId: string,
  id: string,
  change: Partial<Pick<EnterpriseProjectTable, 'name' | 'description' | 'enabled' | 'updated_at'>>,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .updateTable('enterprise_projects')
    .set(change)
    .where('account_id', '=', accountId)
    .where('enterprise_project_id', '=', id)
    .execute();
}
