import type { Transaction } from '../../platform/db/index.ts';
import type { Actor } from '../actor.ts';
import { grantsOfUser, loadGrants } from '../authentication/load-grants.ts';
import { requireGrantable } from '../authority.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { forbidden, notFound } from '../errors.ts';
import { membershipLimit } from '../limits/iam-limits.ts';
import { requireRoom } from '../limits/require-room.ts';
import { iamActions } from '../permissions.ts';
import { liftedDenials } from '../policies/cover.ts';
import { findUser } from '../users/store.ts';
import { deleteMember, findGroup, insertMember, isMember } from './store.ts';

/** To add a member again changes nothing. Whoever adds one has what the group has. */
export async function addMember(
  iam: IamContext,
  actor: Actor,
  groupId: string,
  userId: string,
): Promise<void> {
  await change(iam, actor, { action: iamActions.addMember }, 'group', async (transaction) => {
    const { group, user } = await requireBoth(transaction, actor, groupId, userId);
    // It may do everything already; in a group it would look as if that could be taken away.
    if (user.is_root === 1) throw forbidden('The root user needs no group.');
    const given = await loadGrants(transaction, actor.accountId, [groupId]);
    requireGrantable(iam, actor, userId, given, [...given, ...(await grantsOfUser(transaction, user))]);
    if (!(await isMember(transaction, groupId, userId)))
      await requireRoom(transaction, actor.accountId, membershipLimit, { owner: userId });
    await insertMember(transaction, groupId, userId);
    return { result: undefined, resourceId: groupId, resourceName: group.name, detail: `user ${userId}` };
  });
}

/** Taking a user out of a group needs the rights that the group denies. */
export async function removeMember(
  iam: IamContext,
  actor: Actor,
  groupId: string,
  userId: string,
): Promise<void> {
  await change(iam, actor, { action: iamActions.removeMember }, 'group', async (transaction) => {
    const { group, user } = await requireBoth(transaction, actor, groupId, userId);
    if (!(await deleteMember(transaction, groupId, userId))) throw notFound('user in group', userId);
    const lifted = liftedDenials(await loadGrants(transaction, actor.accountId, [groupId]));
    requireGrantable(iam, actor, userId, lifted, await grantsOfUser(transaction, user));
    return { result: undefined, resourceId: groupId, resourceName: group.name, detail: `user ${userId}` };
  });
}

async function requireBoth(transaction: Transaction, actor: Actor, groupId: string, userId: string) {
  const group = await findGroup(transaction, actor.accountId, groupId);
  if (!group) throw notFound('group', groupId);
  const user = await findUser(transaction, actor.accountId, userId);
  if (!user) throw notFound('user', userId);
  return { group, user };
}
