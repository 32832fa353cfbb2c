import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { IamTables } from '../tables.ts';

interface Owner {
  readonly accountId: string;
  readonly userId: string;
}

export async function countRecoveryCodes(reader: Reader, { accountId, userId }: Owner): Promise<number> {
  const { count } = await reader
    .tables<IamTables>()
    .selectFrom('recovery_codes')
    .select((columns) => columns.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function deleteRecoveryCodes(
  transaction: Transaction,
  { accountId, userId }: Owner,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .deleteFrom('recovery_codes')
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .execute();
}

export async function insertRecoveryCodes(
  transaction: Transaction,
  { accountId, userId }: Owner,
  hashes: readonly string[],
  nowMs: number,
): Promise<void> {
  const rows = hashes.map((code_hash) => ({
    account_id: accountId,
    user_id: userId,
    code_hash,
    created_at: nowMs,
  }));
  await transaction.tables<IamTables>().insertInto('recovery_codes').values(rows).execute();
}

/** Uses a code up. False if there is no such code: of two that use one at once, one succeeds. */
export async function consumeRecoveryCode(
  transaction: Transaction,
  { accountId, userId }: Owner,
  hash: string,
): Promise<boolean> {
  const result = await transaction
    .tables<IamTables>()
    .deleteFrom('recovery_codes')
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .where('code_hash', '=', hash)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}
