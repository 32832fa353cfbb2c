import type { Reader, Transaction } from '../../platform/db/database.ts';
import type { KeyOwner } from '../key-store.ts';
import type { KeyStoreTables, PrivateKeyTable } from '../tables.ts';

export async function insertPrivateKey(transaction: Transaction, row: PrivateKeyTable): Promise<void> {
  await transaction.tables<KeyStoreTables>().insertInto('kms_private_keys').values(row).execute();
}

/** Only if it is the owner's. */
export async function findPrivateKey(
  reader: Reader,
  owner: KeyOwner,
  keyId: string,
): Promise<PrivateKeyTable | undefined> {
  return await reader
    .tables<KeyStoreTables>()
    .selectFrom('kms_private_keys')
    .selectAll()
    .where('key_id', '=', keyId)
    .where('account_id', '=', owner.accountId)
    .where('purpose', '=', owner.purpose)
    .executeTakeFirst();
}

/**
 * False if the owner has no such key. The wrapped key is overwritten by as many zeros first: SQLite writes those in its place, while
 * bytes of a row that is only deleted stay in a page of the file.
 */
export async function deletePrivateKey(
  transaction: Transaction,
  owner: KeyOwner,
  keyId: string,
): Promise<boolean> {
  const found = await findPrivateKey(transaction, owner, keyId);
  if (!found) return false;
  const tables = transaction.tables<KeyStoreTables>();
  await tables
    .updateTable('kms_private_keys')
    .set({ wrapped_private_key: new Uint8Array(found.wrapped_private_key.length) })
    .where('key_id', '=', keyId)
    .execute();
  const result = await tables.deleteFrom('kms_private_keys').where('key_id', '=', keyId).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** A page of the private keys of all accounts, after the given one. */
export function listPrivateKeys(
  reader: Reader,
  after: PrivateKeyTable | undefined,
): Promise<PrivateKeyTable[]> {
  return reader
    .tables<KeyStoreTables>()
    .selectFrom('kms_private_keys')
    .selectAll()
    .where('key_id', '>', after?.key_id ?? '')
    .orderBy('key_id')
    .limit(500)
    .execute();
}
