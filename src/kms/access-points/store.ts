import type { Reader, Transaction } from '../../platform/db/database.ts';
import type { Page } from '../queries/page.ts';
import type { AccessPointTable, AccessPointTables } from './tables.ts';

export interface Place {
  readonly accountId: string;
  readonly projectId: string;
}

export async function insertAccessPoint(transaction: Transaction, row: AccessPointTable): Promise<void> {
  await transaction.tables<AccessPointTables>().insertInto('kms_access_points').values(row).execute();
}

export async function findAccessPoint(
  reader: Reader,
  { accountId, projectId }: Place,
  by: { readonly accessPointId: string } | { readonly publicKey: string },
): Promise<AccessPointTable | undefined> {
  const ofProject = reader
    .tables<AccessPointTables>()
    .selectFrom('kms_access_points')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('project_id', '=', projectId);
  const found =
    'publicKey' in by
      ? ofProject.where('public_key', '=', by.publicKey)
      : ofProject.where('access_point_id', '=', by.accessPointId);
  return await found.executeTakeFirst();
}

/** False if it is gone. */
export async function updateAccessPoint(
  transaction: Transaction,
  accessPointId: string,
  changes: Pick<AccessPointTable, 'is_enabled' | 'modified_at'>,
): Promise<boolean> {
  const result = await transaction
    .tables<AccessPointTables>()
    .updateTable('kms_access_points')
    .set(changes)
    .where('access_point_id', '=', accessPointId)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** False if it is gone. */
export async function deleteAccessPointRow(
  transaction: Transaction,
  accessPointId: string,
): Promise<boolean> {
  const result = await transaction
    .tables<AccessPointTables>()
    .deleteFrom('kms_access_points')
    .where('access_point_id', '=', accessPointId)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Of one key space, newest first, with the number of all. */
export async function listAccessPointRows(
  reader: Reader,
  { accountId, projectId, keyspaceId }: Place & { readonly keyspaceId: string },
  page: Page,
): Promise<{ rows: AccessPointTable[]; total: number }> {
  const ofKeyspace = reader
    .tables<AccessPointTables>()
    .selectFrom('kms_access_points')
    .where('account_id', '=', accountId)
    .where('project_id', '=', projectId)
    .where('keyspace_id', '=', keyspaceId);
  const rows = await ofKeyspace
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('access_point_id', 'desc')
    .limit(page.limit ?? Number.MAX_SAFE_INTEGER)
    .offset(page.offset)
    .execute();
  const { total } = await ofKeyspace
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return { rows, total };
}
