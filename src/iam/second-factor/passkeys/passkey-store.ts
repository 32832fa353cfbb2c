import type { Reader, Transaction } from '../../../platform/db/index.ts';
import type { IamTables, PasskeyTable } from '../../tables.ts';

/** For logins, which do not know the account yet. */
export function findPasskeyOfAnyAccount(
  reader: Reader,
  credentialId: string,
): Promise<PasskeyTable | undefined> {
  return reader
    .tables<IamTables>()
    .selectFrom('passkeys')
    .selectAll()
    .where('credential_id', '=', credentialId)
    .executeTakeFirst();
}

export function findPasskeys(reader: Reader, accountId: string, userId: string): Promise<PasskeyTable[]> {
  return reader
    .tables<IamTables>()
    .selectFrom('passkeys')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .orderBy('created_at')
    .orderBy('credential_id')
    .execute();
}

export async function insertPasskey(transaction: Transaction, passkey: PasskeyTable): Promise<void> {
  await transaction.tables<IamTables>().insertInto('passkeys').values(passkey).execute();
}

/** Notes a use. False if the passkey is gone or was used meanwhile: a counter that was read before counts no longer. */
export async function noteUse(
  transaction: Transaction,
  { account_id, credential_id, sign_count }: PasskeyTable,
  use: { readonly signCount: number; readonly atMs: number },
): Promise<boolean> {
  const result = await transaction
    .tables<IamTables>()
    .updateTable('passkeys')
    .set({ sign_count: use.signCount, last_used_at: use.atMs })
    .where('account_id', '=', account_id)
    .where('credential_id', '=', credential_id)
    .where('sign_count', '=', sign_count)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** False if the user has no such passkey. */
export async function deletePasskeyRow(
  transaction: Transaction,
  { accountId, userId }: { readonly accountId: string; readonly userId: string },
  credentialId: string,
): Promise<boolean> {
  const result = await transaction
    .tables<IamTables>()
    .deleteFrom('passkeys')
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .where('credential_id', '=', credentialId)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}
