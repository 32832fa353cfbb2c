import type { Reader, Transaction } from '../../platform/db/database.ts';
import type { KeyOwner } from '../key-store.ts';
import type { KeyStoreTables, TokenPrivateKeyTable } from '../tables.ts';

export async function insertTokenKey(transaction: Transaction, row: TokenPrivateKeyTable): Promise<void> {
  await transaction.tables<KeyStoreTables>().insertInto('kms_token_private_keys').values(row).execute();
}

/** Only if it is the owner's. */
export async function findTokenKey(
  reader: Reader,
  owner: KeyOwner,
  keyId: string,
): Promise<TokenPrivateKeyTable | undefined> {
  return await reader
    .tables<KeyStoreTables>()
    .selectFrom('kms_token_private_keys')
    .selectAll()
    .where('key_id', '=', keyId)
    .where('account_id', '=', owner.accountId)
    .where('purpose', '=', owner.purpose)
    .executeTakeFirst();
}

/** For the job that destroys what has no row. */
export async function findTokenKeyOfAnyOwner(
  reader: Reader,
  keyId: string,
): Promise<Pick<TokenPrivateKeyTable, 'key_id'> | undefined> {
  return await reader
    .tables<KeyStoreTables>()
    .selectFrom('kms_token_private_keys')
    .select('key_id')
    .where('key_id', '=', keyId)
    .executeTakeFirst();
}

/** False if the owner has no such key. */
export async function deleteTokenKey(
  transaction: Transaction,
  owner: KeyOwner,
  keyId: string,
): Promise<boolean> {
  const result = await transaction
    .tables<KeyStoreTables>()
    .deleteFrom('kms_token_private_keys')
    .where('key_id', '=', keyId)
    .where('account_id', '=', owner.accountId)
    .where('purpose', '=', owner.purpose)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}
