import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { IamTables } from '../tables.ts';

/** The factors that a user can prove besides the password. */
export interface FactorsOfUser {
  readonly hasTotp: boolean;
  readonly passkeys: number;
}

export async function factorsOf(reader: Reader, accountId: string, userId: string): Promise<FactorsOfUser> {
  const tables = reader.tables<IamTables>();
  const device = await tables
    .selectFrom('totp_devices')
    .select('serial_number')
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .where('bound_at', 'is not', null)
    .executeTakeFirst();
  const passkeys = await tables
    .selectFrom('passkeys')
    .select((columns) => columns.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return { hasTotp: device !== undefined, passkeys: Number(passkeys.count) };
}

export function hasAnyFactor({ hasTotp, passkeys }: FactorsOfUser): boolean {
  return hasTotp || passkeys > 0;
}

/** Returns the users whose logins need a second factor. */
export async function findProtectedUsers(
  reader: Reader,
  accountId: string,
  userId?: string,
): Promise<readonly string[]> {
  const rows = await reader
    .tables<IamTables>()
    .selectFrom('login_protections')
    .select('user_id')
    .where('account_id', '=', accountId)
    .$if(userId !== undefined, (query) => query.where('user_id', '=', userId!))
    .orderBy('user_id')
    .execute();
  return rows.map((row) => row.user_id);
}

export async function isLoginProtected(reader: Reader, accountId: string, userId: string): Promise<boolean> {
  return (await findProtectedUsers(reader, accountId, userId)).length > 0;
}

export async function setLoginProtected(
  transaction: Transaction,
  user: { readonly accountId: string; readonly userId: string },
  enabled: boolean,
  nowMs: number,
): Promise<void> {
  const tables = transaction.tables<IamTables>();
  if (enabled)
    await tables
      .insertInto('login_protections')
      .values({ user_id: user.userId, account_id: user.accountId, created_at: nowMs })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  else
    await tables
      .deleteFrom('login_protections')
      .where('account_id', '=', user.accountId)
      .where('user_id', '=', user.userId)
      .execute();
}

/** Deletes everything that belongs to a user's second factors, with the user. */
export async function deleteFactorRows(
  transaction: Transaction,
  accountId: string,
  userId: string,
): Promise<void> {
  for (const table of ['totp_devices', 'passkeys', 'recovery_codes', 'login_protections'] as const)
    await transaction
      .tables<IamTables>()
      .deleteFrom(table)
      .where('account_id', '=', accountId)
      .where('user_id', '=', userId)
      .execute();
}
