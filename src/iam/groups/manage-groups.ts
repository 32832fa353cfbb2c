import type { Actor } from '../actor.ts';
import { loadGrants } from '../authentication/load-grants.ts';
import { requireGrantable } from '../authority.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { conflict, notFound } from '../errors.ts';
import { mappingsToGroup } from '../federation/mapping-groups.ts';
import { groupLimit } from '../limits/iam-limits.ts';
import { requireRoom } from '../limits/require-room.ts';
import { iamActions } from '../permissions.ts';
import { liftedDenials } from '../policies/cover.ts';
import type { GroupTable } from '../tables.ts';
import { deleteGroupRows, findGroup, insertGroup, updateGroupRow } from './store.ts';

export async function createGroup(
  iam: IamContext,
  actor: Actor,
  input: { readonly name: string; readonly description?: string | undefined },
): Promise<GroupTable> {
  return change(iam, actor, { action: iamActions.createGroup }, 'group', async (transaction) => {
    const group: GroupTable = {
      group_id: iam.random.hexId(),
      account_id: actor.accountId,
      name: input.name,
      description: input.description ?? '',
      created_at: iam.clock.nowMs(),
    };
    await requireRoom(transaction, actor.accountId, groupLimit);
    await insertGroup(transaction, group);
    return { result: group, resourceId: group.group_id, resourceName: group.name };
  });
}

/** Mappings find groups by name, so whoever renames one has what it grants and what it denies. */
export async function updateGroup(
  iam: IamContext,
  actor: Actor,
  groupId: string,
  update: { readonly name?: string; readonly description?: string },
): Promise<GroupTable> {
  return change(iam, actor, { action: iamActions.updateGroup }, 'group', async (transaction) => {
    const group = await findGroup(transaction, actor.accountId, groupId);
    if (!group) throw notFound('group', groupId);
    if (update.name !== undefined && update.name !== group.name) {
      const granted = await loadGrants(transaction, actor.accountId, [groupId]);
      requireGrantable(iam, actor, groupId, [...granted, ...liftedDenials(granted)], granted);
    }
    if (Object.keys(update).length > 0) await updateGroupRow(transaction, actor.accountId, groupId, update);
    const detail = Object.keys(update).join(', ');
    return { result: { ...group, ...update }, resourceId: groupId, resourceName: group.name, detail };
  });
}

/** Its members lose what it granted; whoever deletes it has what it denied. 409 while a mapping of an identity provider names it. */
export async function deleteGroup(iam: IamContext, actor: Actor, groupId: string): Promise<void> {
  await change(iam, actor, { action: iamActions.deleteGroup }, 'group', async (transaction) => {
    const group = await findGroup(transaction, actor.accountId, groupId);
    if (!group) throw notFound('group', groupId);
    const mappings = await mappingsToGroup(transaction, actor.accountId, group.name);
    if (mappings > 0)
      throw conflict(
        'group',
        `Identity mappings that put users into it: ${mappings}. Change or delete these first.`,
      );
    const lifted = liftedDenials(await loadGrants(transaction, actor.accountId, [groupId]));
    requireGrantable(iam, actor, groupId, lifted);
    await deleteGroupRows(transaction, actor.accountId, groupId);
    return { result: undefined, resourceId: groupId, resourceName: group.name };
  });
}
