import type { Reader, Transaction } from '../platform/db/database.ts';
import type { KmsTables } from './tables.ts';

/** Counts one key more if there is room; false if the quota is full. */
export async function takeKeyQuota(
  transaction: Transaction,
  accountId: string,
  projectId: string,
  limit: number,
): Promise<boolean> {
  const tables = transaction.tables<KmsTables>();
  await tables
    .insertInto('kms_quotas')
    .values({ account_id: accountId, project_id: projectId, used: 0 })
    .onConflict((conflict) => conflict.columns(['account_id', 'project_id']).doNothing())
    .execute();
  const taken = await tables
    .updateTable('kms_quotas')
    .set((eb) => ({ used: eb('used', '+', 1) }))
    .where('account_id', '=', accountId)
    .where('project_id', '=', projectId)
    .where('used', '<', limit)
    .executeTakeFirst();
  return taken.numUpdatedRows === 1n;
}

export async function releaseKeyQuota(
  transaction: Transaction,
  accountId: string,
  projectId: string,
): Promise<void> {
  await transaction
    .tables<KmsTables>()
    .updateTable('kms_quotas')
    .set((eb) => ({ used: eb('used', '-', 1) }))
    .where('account_id', '=', accountId)
    .where('project_id', '=', projectId)
    .execute();
}

/** Customer keys of the project in every state; default keys do not count. */
export async function readUsedKeys(reader: Reader, accountId: string, projectId: string): Promise<number> {
  const row = await reader
    .tables<KmsTables>()
    .selectFrom('kms_quotas')
    .select('used')
    .where('account_id', '=', accountId)
    .where('project_id', '=', projectId)
    .executeTakeFirst();
  return row?.used ?? 0;
}
