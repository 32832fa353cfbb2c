import type { Reader, Transaction } from '../../platform/db/database.ts';
import { insertIfAbsent } from '../../platform/db/index.ts';
import type { AliasTable, KmsTables } from '../tables.ts';

/** False if the account has the name already. */
export async function insertAlias(transaction: Transaction, alias: AliasTable): Promise<boolean> {
  return await insertIfAbsent(
    transaction
      .tables<KmsTables>()
      .insertInto('kms_aliases')
      .values(alias)
      .onConflict((conflict) => conflict.columns(['account_id', 'name']).doNothing()),
  );
}

export async function countAliases(reader: Reader, keyId: string): Promise<number> {
  const { count } = await reader
    .tables<KmsTables>()
    .selectFrom('kms_aliases')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('key_id', '=', keyId)
    .executeTakeFirstOrThrow();
  return count;
}

export async function findAlias(
  reader: Reader,
  accountId: string,
  name: string,
): Promise<AliasTable | undefined> {
  return await reader
    .tables<KmsTables>()
    .selectFrom('kms_aliases')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .executeTakeFirst();
}

/** How many of the names were on the key. */
export async function deleteAliases(
  transaction: Transaction,
  keyId: string,
  names: readonly string[],
): Promise<number> {
  const result = await transaction
    .tables<KmsTables>()
    .deleteFrom('kms_aliases')
    .where('key_id', '=', keyId)
    .where('name', 'in', names)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** From the key that it was on to another; false if it is not there any more. */
export async function moveAlias(
  transaction: Transaction,
  alias: Pick<AliasTable, 'account_id' | 'name' | 'key_id'>,
  to: { readonly keyId: string; readonly projectId: string; readonly updatedAt: number },
): Promise<boolean> {
  const result = await transaction
    .tables<KmsTables>()
    .updateTable('kms_aliases')
    .set({ key_id: to.keyId, project_id: to.projectId, updated_at: to.updatedAt })
    .where('account_id', '=', alias.account_id)
    .where('name', '=', alias.name)
    .where('key_id', '=', alias.key_id)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export interface AliasFilter {
  readonly accountId: string;
  readonly keyId: string | undefined;
  /** Names after this one. */
  readonly after: string | undefined;
  readonly limit: number | undefined;
}

/** By name. */
export async function listAliasRows(reader: Reader, filter: AliasFilter): Promise<AliasTable[]> {
  let query = reader
    .tables<KmsTables>()
    .selectFrom('kms_aliases')
    .selectAll()
    .where('account_id', '=', filter.accountId)
    .orderBy('name')
    .limit(filter.limit ?? Number.MAX_SAFE_INTEGER);
  if (filter.keyId !== undefined) query = query.where('key_id', '=', filter.keyId);
  if (filter.after !== undefined) query = query.where('name', '>', filter.after);
  return await query.execute();
}
