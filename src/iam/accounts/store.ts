import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { AccountTable, IamTables } from '../tables.ts';

export function findAccount(reader: Reader, accountId: string): Promise<AccountTable | undefined> {
  return reader
    .tables<IamTables>()
    .selectFrom('accounts')
    .selectAll()
    .where('account_id', '=', accountId)
    .executeTakeFirst();
}

export function findAccountByName(reader: Reader, name: string): Promise<AccountTable | undefined> {
  return reader
    .tables<IamTables>()
    .selectFrom('accounts')
    .selectAll()
    .where('name', '=', name)
    .executeTakeFirst();
}

export function listAccounts(reader: Reader): Promise<AccountTable[]> {
  return reader
    .tables<IamTables>()
    .selectFrom('accounts')
    .selectAll()
    .orderBy('created_at')
    .orderBy('name')
    .execute();
}

export async function insertAccount(transaction: Transaction, account: AccountTable): Promise<void> {
  await transaction.tables<IamTables>().insertInto('accounts').values(account).execute();
}

/** Until the end of the transaction others wait here. An update of nothing locks a row on every engine. */
export async function lockAccount(transaction: Transaction, accountId: string): Promise<void> {
  await transaction
    .tables<IamTables>()
    .updateTable('accounts')
    .set((columns) => ({ enabled: columns.ref('enabled') }))
    .where('account_id', '=', accountId)
    .execute();
}

export async function setAccountEnabled(
  transaction: Transaction,
  accountId: string,
  enabled: boolean,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .updateTable('accounts')
    .set({ enabled: enabled ? 1 : 0 })
    .where('account_id', '=', accountId)
    .execute();
}
