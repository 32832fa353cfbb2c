import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { IamTables, ProjectTable } from '../tables.ts';

export interface ProjectFilter {
  readonly projectId?: string;
  readonly name?: string;
  readonly parentId?: string;
  readonly enabled?: boolean;
}

export function findProjects(
  reader: Reader,
  accountId: string,
  filter: ProjectFilter = {},
): Promise<ProjectTable[]> {
  const { projectId, name, parentId, enabled } = filter;
  return reader
    .tables<IamTables>()
    .selectFrom('projects')
    .selectAll()
    .where('account_id', '=', accountId)
    .$if(projectId !== undefined, (query) => query.where('project_id', '=', projectId!))
    .$if(name !== undefined, (query) => query.where('name', '=', name!))
    .$if(parentId !== undefined, (query) => query.where('parent_id', '=', parentId!))
    .$if(enabled !== undefined, (query) => query.where('enabled', '=', enabled ? 1 : 0))
    .orderBy('name')
    .execute();
}

export async function findProject(
  reader: Reader,
  accountId: string,
  projectId: string,
): Promise<ProjectTable | undefined> {
  return (await findProjects(reader, accountId, { projectId }))[0];
}

/** False if there is no such project; else it is not deleted before the transaction ends. */
export async function holdProject(
  transaction: Transaction,
  accountId: string,
  projectId: string,
): Promise<boolean> {
  const held = await transaction
    .tables<IamTables>()
    .updateTable('projects')
    .set((columns) => ({ enabled: columns.ref('enabled') }))
    .where('account_id', '=', accountId)
    .where('project_id', '=', projectId)
    .executeTakeFirst();
  return held.numUpdatedRows === 1n;
}

export async function insertProject(transaction: Transaction, project: ProjectTable): Promise<void> {
  await transaction.tables<IamTables>().insertInto('projects').values(project).execute();
}

export async function updateProjectRow(
  transaction: Transaction,
  accountId: string,
  projectId: string,
  change: Partial<Pick<ProjectTable, 'name' | 'description' | 'enabled'>>,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .updateTable('projects')
    .set(change)
    .where('account_id', '=', accountId)
    .where('project_id', '=', projectId)
    .execute();
}

export async function deleteProjectRow(
  transaction: Transaction,
  accountId: string,
  projectId: string,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .deleteFrom('projects')
    .where('account_id', '=', accountId)
    .where('project_id', '=', projectId)
    .execute();
}
