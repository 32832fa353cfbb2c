import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { IamTables, UserTable } from '../tables.ts';

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

/** Makes every token and temporary access key of the user void. */
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
}

/** The user with all that hangs on it; the caller has made sure it is the account's. */
export async function deleteUserRows(
  transaction: Transaction,
  accountId: string,
  userId: string,
): Promise<void> {
  const tables = transaction.tables<IamTables>();
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
  await tables
    .deleteFrom('sessions')
    .where('principal_kind', '=', 'user')
    .where('principal_id', '=', userId)
    .execute();
  await tables
    .deleteFrom('users')
    .where('account_id', '=', accountId)
    .where('user_id', '=', userId)
    .execute();
}
