import type { Reader, Transaction } from '../platform/db/database.ts';
import type { GrantTable, KeyTable, KeyVersionTable, KmsTables, TagTable } from './tables.ts';

export interface KeyRows {
  readonly row: KeyTable;
  readonly grants: readonly GrantTable[];
  readonly tags: readonly Pick<TagTable, 'tag_key' | 'tag_value'>[];
  /** True for the service's own keystore. */
  readonly keystoreEnabled: boolean;
  readonly hsmClusterId: string | null;
}

/** The key's row with what decides on access to it. */
export async function findKeyRows(reader: Reader, keyId: string): Promise<KeyRows | undefined> {
  const tables = reader.tables<KmsTables>();
  const row = await tables.selectFrom('kms_keys').selectAll().where('key_id', '=', keyId).executeTakeFirst();
  if (!row) return undefined;
  const grants = await tables.selectFrom('kms_grants').selectAll().where('key_id', '=', keyId).execute();
  const tags = await tables
    .selectFrom('kms_tags')
    .select(['tag_key', 'tag_value'])
    .where('key_id', '=', keyId)
    .orderBy('tag_key')
    .execute();
  if (row.keystore_id === '0') return { row, grants, tags, keystoreEnabled: true, hsmClusterId: null };
  const keystore = await findKeystoreFacts(reader, row.keystore_id);
  return {
    row,
    grants,
    tags,
    keystoreEnabled: keystore?.keystore_state === '2',
    hsmClusterId: keystore?.hsm_cluster_id ?? null,
  };
}

async function findKeystoreFacts(reader: Reader, keystoreId: string) {
  return await reader
    .tables<KmsTables>()
    .selectFrom('kms_keystores')
    .select(['keystore_state', 'hsm_cluster_id'])
    .where('keystore_id', '=', keystoreId)
    .executeTakeFirst();
}

/** Of either kind of name; those that were given by create-alias go before the key's own. */
export async function findKeyIdByName(
  reader: Reader,
  accountId: string,
  name: string,
): Promise<string | undefined> {
  const tables = reader.tables<KmsTables>();
  const alias = await tables
    .selectFrom('kms_aliases')
    .select('key_id')
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .executeTakeFirst();
  if (alias) return alias.key_id;
  const key = await tables
    .selectFrom('kms_keys')
    .select('key_id')
    .where('account_id', '=', accountId)
    .where('key_alias', '=', name)
    .executeTakeFirst();
  return key?.key_id;
}

/** False if the account has a key of that alias. */
export async function insertKey(
  transaction: Transaction,
  key: KeyTable,
  version: KeyVersionTable | undefined,
): Promise<boolean> {
  const tables = transaction.tables<KmsTables>();
  const inserted = await tables
    .insertInto('kms_keys')
    .values(key)
    .onConflict((conflict) => conflict.columns(['account_id', 'key_alias']).doNothing())
    .returning('key_id')
    .executeTakeFirst();
  if (!inserted) return false;
  if (version) await tables.insertInto('kms_key_versions').values(version).execute();
  return true;
}

/** Changes the key if it is still as it was seen; else it changes nothing and returns false. */
export async function updateKey(
  transaction: Transaction,
  seen: Pick<KeyTable, 'key_id' | 'revision'>,
  changes: Partial<Omit<KeyTable, 'key_id' | 'revision'>>,
): Promise<boolean> {
  const result = await transaction
    .tables<KmsTables>()
    .updateTable('kms_keys')
    .set({ ...changes, revision: seen.revision + 1 })
    .where('key_id', '=', seen.key_id)
    .where('revision', '=', seen.revision)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function isAliasTaken(
  reader: Reader,
  accountId: string,
  keyAlias: string,
  exceptKeyId: string,
): Promise<boolean> {
  const row = await reader
    .tables<KmsTables>()
    .selectFrom('kms_keys')
    .select('key_id')
    .where('account_id', '=', accountId)
    .where('key_alias', '=', keyAlias)
    .where('key_id', '!=', exceptKeyId)
    .executeTakeFirst();
  return row !== undefined;
}

export async function findKeyVersion(
  reader: Reader,
  keyId: string,
  version: number,
): Promise<KeyVersionTable | undefined> {
  return await reader
    .tables<KmsTables>()
    .selectFrom('kms_key_versions')
    .selectAll()
    .where('key_id', '=', keyId)
    .where('version', '=', version)
    .executeTakeFirst();
}

export async function listKeyVersions(reader: Reader, keyId: string): Promise<KeyVersionTable[]> {
  return await reader
    .tables<KmsTables>()
    .selectFrom('kms_key_versions')
    .selectAll()
    .where('key_id', '=', keyId)
    .orderBy('version')
    .execute();
}

export async function insertKeyVersion(transaction: Transaction, version: KeyVersionTable): Promise<void> {
  await transaction.tables<KmsTables>().insertInto('kms_key_versions').values(version).execute();
}

/** Puts material into a version that has none, or takes it out; the fingerprint stays. */
export async function updateKeyVersion(
  transaction: Transaction,
  keyId: string,
  version: number,
  changes: Partial<
    Pick<KeyVersionTable, 'wrapped_material' | 'master_key_id' | 'public_key_spki' | 'material_fingerprint'>
  >,
): Promise<void> {
  await transaction
    .tables<KmsTables>()
    .updateTable('kms_key_versions')
    .set(changes)
    .where('key_id', '=', keyId)
    .where('version', '=', version)
    .execute();
}

async function overwriteMaterial(transaction: Transaction, keyId: string): Promise<void> {
  for (const { version, wrapped_material: wrapped } of await listKeyVersions(transaction, keyId)) {
    if (wrapped === null) continue;
    await transaction
      .tables<KmsTables>()
      .updateTable('kms_key_versions')
      .set({ wrapped_material: new Uint8Array(wrapped.length) })
      .where('key_id', '=', keyId)
      .where('version', '=', version)
      .execute();
  }
}

/**
 * Takes the material out of every version. It is overwritten by as many zeros first: SQLite writes those in its place, while bytes of
 * a row that is only deleted stay in a page of the file.
 */
export async function dropAllMaterial(transaction: Transaction, keyId: string): Promise<void> {
  await overwriteMaterial(transaction, keyId);
  await transaction
    .tables<KmsTables>()
    .updateTable('kms_key_versions')
    .set({ wrapped_material: null, master_key_id: null })
    .where('key_id', '=', keyId)
    .execute();
}

/** Destroys the key with all versions, grants, tags and aliases if it is still as it was seen; false if it is not. */
export async function deleteKey(
  transaction: Transaction,
  seen: Pick<KeyTable, 'key_id' | 'revision'>,
): Promise<boolean> {
  const tables = transaction.tables<KmsTables>();
  const deleted = await tables
    .deleteFrom('kms_keys')
    .where('key_id', '=', seen.key_id)
    .where('revision', '=', seen.revision)
    .executeTakeFirst();
  if (deleted.numDeletedRows !== 1n) return false;
  await dropAllMaterial(transaction, seen.key_id);
  await tables.deleteFrom('kms_key_versions').where('key_id', '=', seen.key_id).execute();
  await tables.deleteFrom('kms_grant_parents').where('key_id', '=', seen.key_id).execute();
  await tables.deleteFrom('kms_grants').where('key_id', '=', seen.key_id).execute();
  await tables.deleteFrom('kms_tags').where('key_id', '=', seen.key_id).execute();
  await tables.deleteFrom('kms_aliases').where('key_id', '=', seen.key_id).execute();
  return true;
}

/** Counts the versions of the key; without a key, of the account's key with most. */
export async function mostKeyVersions(reader: Reader, accountId: string, keyId?: string): Promise<number> {
  const row = await reader
    .tables<KmsTables>()
    .selectFrom('kms_keys')
    .select(({ fn }) => fn.max<number | null>('current_version').as('version'))
    .where('account_id', '=', accountId)
    .$if(keyId !== undefined, (query) => query.where('key_id', '=', keyId!))
    .executeTakeFirst();
  return row?.version === null || row === undefined ? 0 : row.version + 1;
}
