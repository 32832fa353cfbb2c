import type { Reader, Transaction } from '../../platform/db/index.ts';
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
