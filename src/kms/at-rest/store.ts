import type { Reader, Transaction } from '../../platform/db/database.ts';
import type { KeyStoreTables, KeyTable, KeyVersionTable, MasterKeyTable } from '../tables.ts';

export async function findMasterKeyRow(reader: Reader): Promise<MasterKeyTable | undefined> {
  return await reader
    .tables<KeyStoreTables>()
    .selectFrom('kms_master_keys')
    .selectAll()
    .where('singleton', '=', 1)
    .executeTakeFirst();
}

/** Keeps what another process wrote first. */
export async function insertMasterKeyRow(
  transaction: Transaction,
  row: Omit<MasterKeyTable, 'singleton'>,
): Promise<void> {
  await transaction
    .tables<KeyStoreTables>()
    .insertInto('kms_master_keys')
    .values({ singleton: 1, ...row })
    .onConflict((conflict) => conflict.column('singleton').doNothing())
    .execute();
}

export async function hasWrappedMaterial(reader: Reader): Promise<boolean> {
  const row = await reader
    .tables<KeyStoreTables>()
    .selectFrom('kms_key_versions')
    .select('key_id')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function findKeyByAlias(
  reader: Reader,
  accountId: string,
  keyAlias: string,
): Promise<{ keyId: string; currentVersion: number } | undefined> {
  return await reader
    .tables<KeyStoreTables>()
    .selectFrom('kms_keys')
    .select(['key_id as keyId', 'current_version as currentVersion'])
    .where('account_id', '=', accountId)
    .where('key_alias', '=', keyAlias)
    .executeTakeFirst();
}

export async function findVersion(
  reader: Reader,
  keyId: string,
  version: number,
): Promise<KeyVersionTable | undefined> {
  return await reader
    .tables<KeyStoreTables>()
    .selectFrom('kms_key_versions')
    .selectAll()
    .where('key_id', '=', keyId)
    .where('version', '=', version)
    .executeTakeFirst();
}

/** Does nothing if the account has a key of that alias already: whoever comes first makes the key that all use. */
export async function insertDefaultKey(
  transaction: Transaction,
  key: KeyTable,
  version: KeyVersionTable,
): Promise<void> {
  const tables = transaction.tables<KeyStoreTables>();
  const inserted = await tables
    .insertInto('kms_keys')
    .values(key)
    .onConflict((conflict) => conflict.columns(['account_id', 'key_alias']).doNothing())
    .returning('key_id')
    .executeTakeFirst();
  if (inserted) await tables.insertInto('kms_key_versions').values(version).execute();
}
