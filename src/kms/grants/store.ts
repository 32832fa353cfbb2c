import type { Reader, Transaction } from '../../platform/db/database.ts';
import type { GrantTable, KmsTables } from '../tables.ts';

/** `parents`: the grants that it follows from, on the same key. */
export async function insertGrant(
  transaction: Transaction,
  row: GrantTable,
  parents: readonly Pick<GrantTable, 'grant_id'>[],
): Promise<void> {
  const tables = transaction.tables<KmsTables>();
  const { key_id, grant_id } = row;
  await tables.insertInto('kms_grants').values(row).execute();
  if (parents.length === 0) return;
  const rows = parents.map((parent) => ({ key_id, grant_id, parent_grant_id: parent.grant_id }));
  await tables.insertInto('kms_grant_parents').values(rows).execute();
}

export async function findGrant(reader: Reader, grantId: string): Promise<GrantTable | undefined> {
  return await reader
    .tables<KmsTables>()
    .selectFrom('kms_grants')
    .selectAll()
    .where('grant_id', '=', grantId)
    .executeTakeFirst();
}

/** Deletes a grant and all that follow from it, at any depth. Returns the deleted ones, itself first; nothing if it is gone already. */
export async function deleteGrantTree(
  transaction: Transaction,
  { key_id: keyId, grant_id: grantId }: Pick<GrantTable, 'key_id' | 'grant_id'>,
): Promise<readonly GrantTable[]> {
  const tables = transaction.tables<KmsTables>();
  const links = await tables
    .selectFrom('kms_grant_parents')
    .select(['grant_id', 'parent_grant_id'])
    .where('key_id', '=', keyId)
    .execute();
  const doomed = new Set([grantId]);
  // A set visits what is added to it on the way.
  for (const parent of doomed)
    for (const link of links) if (link.parent_grant_id === parent) doomed.add(link.grant_id);
  const ids = [...doomed];
  await tables.deleteFrom('kms_grant_parents').where('grant_id', 'in', ids).execute();
  const deleted = await tables
    .deleteFrom('kms_grants')
    .where('key_id', '=', keyId)
    .where('grant_id', 'in', ids)
    .returningAll()
    .execute();
  return deleted.toSorted((a, b) => ids.indexOf(a.grant_id) - ids.indexOf(b.grant_id));
}

export type GrantFilter = { readonly keyId: string } | { readonly retiringPrincipal: string };

interface Slice {
  readonly offset: number;
  readonly limit: number | undefined;
}

/** Oldest first. */
export async function listGrantRows(
  reader: Reader,
  filter: GrantFilter,
  { offset, limit }: Slice,
): Promise<{ rows: GrantTable[]; total: number }> {
  const all = reader.tables<KmsTables>().selectFrom('kms_grants');
  const matching =
    'keyId' in filter
      ? all.where('key_id', '=', filter.keyId)
      : all.where('retiring_principal', '=', filter.retiringPrincipal);
  const rows = await matching
    .selectAll()
    .orderBy('created_at')
    .orderBy('grant_id')
    .limit(limit ?? Number.MAX_SAFE_INTEGER)
    .offset(offset)
    .execute();
  const { total } = await matching
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return { rows, total };
}
