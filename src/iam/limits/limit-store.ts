import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { LimitKind } from './limit-kind.ts';

interface AccountLimitTable {
  account_id: string;
  kind: string;
  /** Null: the standard limit. The row is there to be locked. */
  amount: number | null;
}

interface LimitTables {
  account_limits: AccountLimitTable;
}

/** Returns the limit that counts for the account. */
export async function readLimit(reader: Reader, accountId: string, limit: LimitKind): Promise<number> {
  const own = limit.ownLimit
    ? await limit.ownLimit.read(reader, accountId)
    : await readAmount(reader, accountId, limit.kind);
  return own ?? limit.standard;
}

async function readAmount(reader: Reader, accountId: string, kind: string): Promise<number | undefined> {
  const row = await reader
    .tables<LimitTables>()
    .selectFrom('account_limits')
    .select('amount')
    .where('account_id', '=', accountId)
    .where('kind', '=', kind)
    .executeTakeFirst();
  return row?.amount ?? undefined;
}

/** As `readLimit`, and whoever asks the same waits until the transaction ends, so that what is counted after it holds. */
export async function lockLimit(
  transaction: Transaction,
  accountId: string,
  limit: LimitKind,
): Promise<number> {
  const row = await transaction
    .tables<LimitTables>()
    .insertInto('account_limits')
    .values({ account_id: accountId, kind: limit.kind, amount: null })
    .onConflict((conflict) =>
      conflict
        .columns(['account_id', 'kind'])
        .doUpdateSet((columns) => ({ amount: columns.ref('account_limits.amount') })),
    )
    .returning('amount')
    .executeTakeFirstOrThrow();
  return row.amount ?? limit.standard;
}

/** `amount` undefined: the standard limit counts again. */
export async function writeLimit(
  transaction: Transaction,
  accountId: string,
  limit: LimitKind,
  amount: number | undefined,
): Promise<void> {
  if (limit.ownLimit) return limit.ownLimit.write(transaction, accountId, amount);
  await transaction
    .tables<LimitTables>()
    .insertInto('account_limits')
    .values({ account_id: accountId, kind: limit.kind, amount: amount ?? null })
    .onConflict((conflict) =>
      conflict
        .columns(['account_id', 'kind'])
        .doUpdateSet((columns) => ({ amount: columns.ref('excluded.amount') })),
    )
    .execute();
}
