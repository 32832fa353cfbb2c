import type { Reader, Transaction } from '../../platform/db/database.ts';
import type { KeyStoreTables, KeyTable, KeyVersionTable, MasterKeyTable } from '../tables.ts';
import type { WrappedMaterial } from './key-material.ts';

/** The current one first; a second one while the master key is being changed. */
export async function listMasterKeyRows(reader: Reader): Promise<MasterKeyTable[]> {
  return await reader
    .tables<KeyStoreTables>()
    .selectFrom('kms_master_keys')
    .selectAll()
    .orderBy('role')
    .execute();
}

/** Keeps what another process wrote first in that role. */
export async function insertMasterKeyRow(transaction: Transaction, row: MasterKeyTable): Promise<void> {
  await transaction
    .tables<KeyStoreTables>()
    .insertInto('kms_master_keys')
    .values(row)
    // Of nodes that start together with one key, whichever unique index notices first.
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Lets a master key's own row carry it, sealed with the other one. */
export async function updateSealedMasterKey(
  transaction: Transaction,
  masterKeyId: string,
  sealed: Uint8Array,
): Promise<void> {
  await transaction
    .tables<KeyStoreTables>()
    .updateTable('kms_master_keys')
    .set({ sealed_with_other: sealed })
    .where('master_key_id', '=', masterKeyId)
    .execute();
}

/** Versions whose material is wrapped with this master key, some at a time. */
export async function listVersionsWrappedWith(
  reader: Reader,
  masterKeyId: string,
  limit: number,
): Promise<KeyVersionTable[]> {
  return await reader
    .tables<KeyStoreTables>()
    .selectFrom('kms_key_versions')
    .selectAll()
    .where('master_key_id', '=', masterKeyId)
    .orderBy('key_id')
    .orderBy('version')
    .limit(limit)
    .execute();
}

/** Puts rewrapped material in place of what was read; leaves alone what changed meanwhile. */
export async function replaceWrapping(
  transaction: Transaction,
  seen: Pick<KeyVersionTable, 'key_id' | 'version' | 'wrapped_material'>,
  wrapped: WrappedMaterial,
): Promise<void> {
  await transaction
    .tables<KeyStoreTables>()
    .updateTable('kms_key_versions')
    .set({ ...wrapped })
    .where('key_id', '=', seen.key_id)
    .where('version', '=', seen.version)
    .where('wrapped_material', '=', seen.wrapped_material)
    .execute();
}

/** Forgets the old master key and the seals. Throws the engine's error while anything is wrapped with it. */
export async function promoteNextMasterKey(transaction: Transaction): Promise<void> {
  const tables = transaction.tables<KeyStoreTables>();
  await tables.deleteFrom('kms_master_keys').where('role', '=', 'current').execute();
  await tables.updateTable('kms_master_keys').set({ role: 'current', sealed_with_other: null }).execute();
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

/** A page of all versions of all keys, after the given one. */
export function listVersions(reader: Reader, after: KeyVersionTable | undefined): Promise<KeyVersionTable[]> {
  return reader
    .tables<KeyStoreTables>()
    .selectFrom('kms_key_versions')
    .selectAll()
    .$if(after !== undefined, (query) =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('key_id', 'version'), '>', tuple(after!.key_id, after!.version)),
      ),
    )
    .orderBy('key_id')
    .orderBy('version')
    .limit(500)
    .execute();
}
