import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { AccessKeyTable, IamTables } from '../tables.ts';

/** For authentication, which learns the account from the key. */
export function findAccessKeyOfAnyAccount(
  reader: Reader,
  accessKey: string,
): Promise<AccessKeyTable | undefined> {
  return reader
    .tables<IamTables>()
    .selectFrom('access_keys')
    .selectAll()
    .where('access_key', '=', accessKey)
    .executeTakeFirst();
}

export async function findAccessKey(
  reader: Reader,
  accountId: string,
  accessKey: string,
): Promise<AccessKeyTable | undefined> {
  const row = await findAccessKeyOfAnyAccount(reader, accessKey);
  return row?.account_id === accountId ? row : undefined;
}

export function accessKeysOf(reader: Reader, accountId: string, userId: string): Promise<AccessKeyTable[]> {
  return reader
    .tables<IamTables>()
    .selectFrom('access_keys')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .orderBy('created_at')
    .orderBy('access_key')
    .execute();
}

/** When the user last signed a request with any key, to a quarter of an hour; 0 if never. */
export async function newestAccessKeyUse(reader: Reader, accountId: string, userId: string): Promise<number> {
  const keys = await accessKeysOf(reader, accountId, userId);
  return Math.max(0, ...keys.map((key) => key.last_used_at ?? 0));
}

export async function insertAccessKey(transaction: Transaction, key: AccessKeyTable): Promise<void> {
  await transaction.tables<IamTables>().insertInto('access_keys').values(key).execute();
}

export async function updateAccessKeyRow(
  transaction: Transaction,
  accountId: string,
  accessKey: string,
  change: Partial<Pick<AccessKeyTable, 'status' | 'description' | 'last_used_at' | 'last_used_ip'>>,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .updateTable('access_keys')
    .set(change)
    .where('account_id', '=', accountId)
    .where('access_key', '=', accessKey)
    .execute();
}

export async function deleteAccessKeyRow(
  transaction: Transaction,
  accountId: string,
  accessKey: string,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .deleteFrom('access_keys')
    .where('account_id', '=', accountId)
    .where('access_key', '=', accessKey)
    .execute();
}

/** Keeps the key as it is until the end of the transaction; false if it is gone or inactive. */
export async function lockActiveAccessKey(transaction: Transaction, accessKey: string): Promise<boolean> {
  const result = await transaction
    .tables<IamTables>()
    .updateTable('access_keys')
    .set((columns) => ({ status: columns.ref('status') }))
    .where('access_key', '=', accessKey)
    .where('status', '=', 'active')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** A page of the keys of all accounts, after the given one. */
export function listAccessKeysOfAllAccounts(
  reader: Reader,
  after: AccessKeyTable | undefined,
): Promise<AccessKeyTable[]> {
  return reader
    .tables<IamTables>()
    .selectFrom('access_keys')
    .selectAll()
    .where('access_key', '>', after?.access_key ?? '')
    .orderBy('access_key')
    .limit(500)
    .execute();
}
