import { insertIfAbsent, type Reader, type Transaction } from '../../platform/db/index.ts';
import type { GroupTable, IamTables } from '../tables.ts';

export interface GroupFilter {
  readonly groupId?: string;
  readonly name?: string;
  readonly memberId?: string;
}

export function findGroups(
  reader: Reader,
  accountId: string,
  filter: GroupFilter = {},
): Promise<GroupTable[]> {
  const { groupId, name, memberId } = filter;
  return reader
    .tables<IamTables>()
    .selectFrom('user_groups')
    .selectAll()
    .where('account_id', '=', accountId)
    .$if(groupId !== undefined, (query) => query.where('group_id', '=', groupId!))
    .$if(name !== undefined, (query) => query.where('name', '=', name!))
    .$if(memberId !== undefined, (query) =>
      query.where('group_id', 'in', (groups) =>
        groups.selectFrom('group_members').select('group_members.group_id').where('user_id', '=', memberId!),
      ),
    )
    .orderBy('name')
    .execute();
}

export async function findGroup(
  reader: Reader,
  accountId: string,
  groupId: string,
): Promise<GroupTable | undefined> {
  return (await findGroups(reader, accountId, { groupId }))[0];
}

/** Ids of the groups that a user is in; membership never crosses accounts. */
export async function groupIdsOf(reader: Reader, userId: string): Promise<string[]> {
  const rows = await reader
    .tables<IamTables>()
    .selectFrom('group_members')
    .select('group_id')
    .where('user_id', '=', userId)
    .execute();
  return rows.map((row) => row.group_id);
}

export async function insertGroup(transaction: Transaction, group: GroupTable): Promise<void> {
  await transaction.tables<IamTables>().insertInto('user_groups').values(group).execute();
}

export async function updateGroupRow(
  transaction: Transaction,
  accountId: string,
  groupId: string,
  change: Partial<Pick<GroupTable, 'name' | 'description'>>,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .updateTable('user_groups')
    .set(change)
    .where('account_id', '=', accountId)
    .where('group_id', '=', groupId)
    .execute();
}

export async function deleteGroupRows(
  transaction: Transaction,
  accountId: string,
  groupId: string,
): Promise<void> {
  const tables = transaction.tables<IamTables>();
  await tables.deleteFrom('group_members').where('group_id', '=', groupId).execute();
  await tables
    .deleteFrom('role_assignments')
    .where('account_id', '=', accountId)
    .where('subject_kind', '=', 'group')
    .where('subject_id', '=', groupId)
    .execute();
  await tables
    .deleteFrom('user_groups')
    .where('account_id', '=', accountId)
    .where('group_id', '=', groupId)
    .execute();
}

/** In how many groups the user is; without a user the most that one of the account is in. */
export async function countMembershipsOf(
  reader: Reader,
  accountId: string,
  userId?: string,
): Promise<number> {
  const most = await reader
    .tables<IamTables>()
    .selectFrom('group_members')
    .innerJoin('user_groups', 'user_groups.group_id', 'group_members.group_id')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .where('user_groups.account_id', '=', accountId)
    .$if(userId !== undefined, (query) => query.where('group_members.user_id', '=', userId!))
    .groupBy('group_members.user_id')
    .orderBy('total', 'desc')
    .limit(1)
    .executeTakeFirst();
  return most?.total ?? 0;
}

export async function insertMember(
  transaction: Transaction,
  groupId: string,
  userId: string,
): Promise<boolean> {
  return insertIfAbsent(
    transaction
      .tables<IamTables>()
      .insertInto('group_members')
      .values({ group_id: groupId, user_id: userId })
      .onConflict((conflict) => conflict.doNothing()),
  );
}

/** True if the user was a member. */
export async function deleteMember(
  transaction: Transaction,
  groupId: string,
  userId: string,
): Promise<boolean> {
  const result = await transaction
    .tables<IamTables>()
    .deleteFrom('group_members')
    .where('group_id', '=', groupId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export async function isMember(reader: Reader, groupId: string, userId: string): Promise<boolean> {
  const row = await reader
    .tables<IamTables>()
    .selectFrom('group_members')
    .select('user_id')
    .where('group_id', '=', groupId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row !== undefined;
}
