import type { Reader } from '../../platform/db/index.ts';
import type { LimitKind } from './limit-kind.ts';

type AnyTables = Record<string, Record<string, unknown>>;

/**
 * Counts the rows of a table that has `account_id`. `owner`: the column that names what has so many of them, if not the account.
 * `where`: only rows with this value in a column, null for those without one.
 */
export function countRowsOf(
  table: string,
  {
    owner,
    where = {},
  }: { readonly owner?: string; readonly where?: Readonly<Record<string, string | null>> } = {},
): LimitKind['count'] {
  return async (reader, accountId, ownerId) => {
    if (owner === undefined) return countWhere(reader, table, { ...where, account_id: accountId });
    if (ownerId !== undefined)
      return countWhere(reader, table, { ...where, account_id: accountId, [owner]: ownerId });
    const fullest = await rowsWhere(reader, table, { ...where, account_id: accountId })
      .groupBy(owner)
      .orderBy('total', 'desc')
      .limit(1)
      .executeTakeFirst();
    return Number(fullest?.total ?? 0);
  };
}

async function countWhere(...query: Parameters<typeof rowsWhere>): Promise<number> {
  const { total } = await rowsWhere(...query).executeTakeFirstOrThrow();
  return Number(total);
}

function rowsWhere(reader: Reader, table: string, conditions: Readonly<Record<string, string | null>>) {
  let rows = reader
    .tables<AnyTables>()
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<number>().as('total'));
  for (const [column, value] of Object.entries(conditions))
    rows = value === null ? rows.where(column, 'is', null) : rows.where(column, '=', value);
  return rows;
}
