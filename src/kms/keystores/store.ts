import type { Reader, Transaction } from '../../platform/db/database.ts';
import type { KeystoreTable, KmsTables } from '../tables.ts';

export async function findKeystore(
  reader: Reader,
  accountId: string,
  projectId: string,
  keystoreId: string,
): Promise<KeystoreTable | undefined> {
  return await reader
    .tables<KmsTables>()
    .selectFrom('kms_keystores')
    .selectAll()
    .where('keystore_id', '=', keystoreId)
    .where('account_id', '=', accountId)
    .where('project_id', '=', projectId)
    .executeTakeFirst();
}

/** False if the project has a keystore of that alias. */
export async function insertKeystore(transaction: Transaction, row: KeystoreTable): Promise<boolean> {
  const inserted = await transaction
    .tables<KmsTables>()
    .insertInto('kms_keystores')
    .values(row)
    .onConflict((conflict) => conflict.columns(['account_id', 'project_id', 'keystore_alias']).doNothing())
    .returning('keystore_id')
    .executeTakeFirst();
  return inserted !== undefined;
}
