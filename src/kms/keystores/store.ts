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

/** Changes the state if it is `from`; false if it is not. */
export async function updateKeystoreState(
  transaction: Transaction,
  keystoreId: string,
  from: KeystoreTable['keystore_state'],
  to: KeystoreTable['keystore_state'],
): Promise<boolean> {
  const result = await transaction
    .tables<KmsTables>()
    .updateTable('kms_keystores')
    .set({ keystore_state: to })
    .where('keystore_id', '=', keystoreId)
    .where('keystore_state', '=', from)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Deletes a disabled keystore; false if it is not disabled or gone. */
export async function deleteKeystoreRow(transaction: Transaction, keystoreId: string): Promise<boolean> {
  const result = await transaction
    .tables<KmsTables>()
    .deleteFrom('kms_keystores')
    .where('keystore_id', '=', keystoreId)
    .where('keystore_state', '=', '3')
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

export async function hasKeys(reader: Reader, keystoreId: string): Promise<boolean> {
  const row = await reader
    .tables<KmsTables>()
    .selectFrom('kms_keys')
    .select('key_id')
    .where('keystore_id', '=', keystoreId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Newest first, with the number of all. */
export async function listKeystoreRows(
  reader: Reader,
  accountId: string,
  projectId: string,
  page: { readonly limit: number; readonly offset: number },
): Promise<{ rows: KeystoreTable[]; total: number }> {
  const ofProject = reader
    .tables<KmsTables>()
    .selectFrom('kms_keystores')
    .where('account_id', '=', accountId)
    .where('project_id', '=', projectId);
  const rows = await ofProject
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('keystore_id', 'desc')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  const { total } = await ofProject
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return { rows, total };
}

/** False if the keystore is not enabled; else it is neither disabled nor deleted before the transaction ends. */
export async function holdKeystore(transaction: Transaction, keystoreId: string): Promise<boolean> {
  return await updateKeystoreState(transaction, keystoreId, '2', '2');
}

/** Whether an HSM cluster has a keystore; two that are made at once are told apart by a unique index. */
export async function hasKeystore(reader: Reader, hsmClusterId: string): Promise<boolean> {
  const row = await reader
    .tables<KmsTables>()
    .selectFrom('kms_keystores')
    .select('keystore_id')
    .where('hsm_cluster_id', '=', hsmClusterId)
    .executeTakeFirst();
  return row !== undefined;
}
