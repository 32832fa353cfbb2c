import { fullText, type LimitKind, readLimit } from '../iam/index.ts';
import type { Reader, Transaction } from '../platform/db/database.ts';
import type { KmsTables } from './tables.ts';

/** Counts one key more. Throws the refusal of `limit` if there is no room. */
export async function takeKeyQuota(
  transaction: Transaction,
  limit: LimitKind,
  accountId: string,
  projectId: string,
): Promise<void> {
  const most = await readLimit(transaction, accountId, limit);
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
    .where('used', '<', most)
    .executeTakeFirst();
  if (taken.numUpdatedRows === 1n) return;
  throw limit.refusal(fullText(limit, most, await readUsedKeys(transaction, accountId, projectId)));
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

/** As `readUsedKeys`; without a project that of the fullest. */
export async function mostUsedKeys(reader: Reader, accountId: string, projectId?: string): Promise<number> {
  if (projectId !== undefined) return readUsedKeys(reader, accountId, projectId);
  const row = await reader
    .tables<KmsTables>()
    .selectFrom('kms_quotas')
    .select(({ fn }) => fn.max<number | null>('used').as('used'))
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row?.used ?? 0;
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
