import type { Reader, Transaction } from '../../platform/db/database.ts';
import type { GrantTable, KmsTables } from '../tables.ts';

export async function insertGrant(transaction: Transaction, row: GrantTable): Promise<void> {
  await transaction.tables<KmsTables>().insertInto('kms_grants').values(row).execute();
}

export async function countGrants(reader: Reader, keyId: string): Promise<number> {
  const { count } = await reader
    .tables<KmsTables>()
    .selectFrom('kms_grants')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('key_id', '=', keyId)
    .executeTakeFirstOrThrow();
  return count;
}

export async function findGrant(reader: Reader, grantId: string): Promise<GrantTable | undefined> {
  return await reader
    .tables<KmsTables>()
    .selectFrom('kms_grants')
    .selectAll()
    .where('grant_id', '=', grantId)
    .executeTakeFirst();
}

/** False if it is gone already. */
export async function deleteGrant(transaction: Transaction, grantId: string): Promise<boolean> {
  const result = await transaction
    .tables<KmsTables>()
    .deleteFrom('kms_grants')
    .where('grant_id', '=', grantId)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
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
