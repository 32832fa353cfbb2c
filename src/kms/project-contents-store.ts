import type { Dependent } from '../iam/index.ts';
import type { Reader } from '../platform/db/database.ts';

/** Tables whose rows are reached through a project's path only. */
const tables = {
  kms_keys: 'KMS keys',
  kms_keystores: 'KMS keystores',
  kms_access_points: 'KMS access points',
  kms_key_policies: 'KMS key policies',
} as const;

type ProjectTables = Record<
  keyof typeof tables,
  { readonly account_id: string; readonly project_id: string }
>;

/** What becomes unreachable with a project. Keys whose deletion is scheduled count: it may be cancelled. */
export const projectContents: readonly Dependent[] = (
  Object.keys(tables) as readonly (keyof typeof tables)[]
).map((table) => ({
  of: 'project',
  what: tables[table],
  count: (reader, accountId, projectId) => countRows(reader, table, accountId, projectId),
}));

async function countRows(
  reader: Reader,
  table: keyof typeof tables,
  accountId: string,
  projectId: string,
): Promise<number> {
  const { total } = await reader
    .tables<ProjectTables>()
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .where('account_id', '=', accountId)
    .where('project_id', '=', projectId)
    .executeTakeFirstOrThrow();
  return total;
}
