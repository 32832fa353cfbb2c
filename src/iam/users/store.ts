import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { IamTables, UserTable } from '../tables.ts';
import { endSessions } from '../tokens/store.ts';

export interface UserFilter {
  readonly userId?: string;
  readonly name?: string;
  readonly enabled?: boolean;
  /** Not empty: what is not set is NULL, which nothing equals. */
  readonly externalId?: string;
  readonly groupId?: string;
}

/** For authentication only, which does not know the account yet. */
export function findUserOfAnyAccount(reader: Reader, userId: string): Promise<UserTable | undefined> {
  return reader
    .tables<IamTables>()
    .selectFrom('users')
    .selectAll()
    .where('user_id', '=', userId)
    .executeTakeFirst();
}

export function findUsers(reader: Reader, accountId: string, filter: UserFilter = {}): Promise<UserTable[]> {
  const { userId, name, enabled, externalId, groupId } = filter;
  return reader
    .tables<IamTables>()
    .selectFrom('users')
    .selectAll()
    .where('account_id', '=', accountId)
    .$if(userId !== undefined, (query) => query.where('user_id', '=', userId!))
    .$if(name !== undefined, (query) => query.where('name', '=', name!))
    .$if(enabled !== undefined, (query) => query.where('enabled', '=', enabled ? 1 : 0))
    .$if(externalId !== undefined, (query) => query.where('external_id', '=', externalId!))
    .$if(groupId !== undefined, (query) =>
      query.where('user_id', 'in', (members) =>
        members.selectFrom('group_members').select('group_members.user_id').where('group_id', '=', groupId!),
      ),
    )
    .orderBy('name')
    .execute();
}

export async function findUser(
  reader: Reader,
  accountId: string,
  userId: string,
): Promise<UserTable | undefined> {
  return (await findUsers(reader, accountId, { userId }))[0];
}

export async function insertUser(transaction: Transaction, user: UserTable): Promise<void> {
  await transaction.tables<IamTables>().insertInto('users').values(user).execute();
}

export async function updateUserRow(
  transaction: Transaction,
  accountId: string,
  userId: string,
  change: Partial<UserTable>,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .updateTable('users')
    .set(change)
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .execute();
}

/**
 * Ends every token and temporary access key of the user, and all that was derived from them. The version makes void what is being
 * issued meanwhile, and agencies that were assumed with an access key.
 */
export async function revokeSessions(
  transaction: Transaction,
  accountId: string,
  userId: string,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .updateTable('users')
    .set((columns) => ({ credentials_version: columns('credentials_version', '+', 1) }))
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .execute();
  await endSessions(transaction, { kind: 'user', principalId: userId });
}

/** Hashes of the user's passwords before the current one, latest first. */
export async function findEarlierPasswords(
  reader: Reader,
  user: UserTable,
  limit: number,
): Promise<readonly string[]> {
  if (limit === 0) return [];
  const rows = await reader
    .tables<IamTables>()
    .selectFrom('earlier_passwords')
    .select('password_hash')
    .where('account_id', '=', user.account_id)
    .where('user_id', '=', user.user_id)
    .orderBy('replaced_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => row.password_hash);
}

/** Keeps the user's current hash as the latest of the earlier ones, and no more of them than `keep`. */
export async function insertEarlierPassword(
  transaction: Transaction,
  user: UserTable,
  nowMs: number,
  keep: number,
): Promise<void> {
  const { account_id, user_id } = user;
  const tables = transaction.tables<IamTables>();
  await tables
    .insertInto('earlier_passwords')
    .values({ account_id, user_id, replaced_at: nowMs, password_hash: user.password_hash! })
    .execute();
  const kept = await findEarlierPasswords(transaction, user, keep);
  await tables
    .deleteFrom('earlier_passwords')
    .where('account_id', '=', account_id)
    .where('user_id', '=', user_id)
    .where('password_hash', 'not in', kept)
    .execute();
}

/** The user with all that hangs on it; the caller has made sure it is the account's. */
export async function deleteUserRows(
  transaction: Transaction,
  accountId: string,
  userId: string,
): Promise<void> {
  const tables = transaction.tables<IamTables>();
  await tables
    .deleteFrom('earlier_passwords')
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .execute();
  await tables.deleteFrom('group_members').where('user_id', '=', userId).execute();
  await tables
    .deleteFrom('role_assignments')
    .where('account_id', '=', accountId)
    .where('subject_kind', '=', 'user')
    .where('subject_id', '=', userId)
    .execute();
  await tables
    .deleteFrom('access_keys')
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .execute();
  await endSessions(transaction, { kind: 'user', principalId: userId });
  await tables
    .deleteFrom('users')
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .execute();
}
