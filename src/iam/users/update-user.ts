import type { Actor } from '../actor.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { forbidden, notFound } from '../errors.ts';
import { iamActions } from '../permissions.ts';
import { isSelf } from '../self-service.ts';
import type { UserTable } from '../tables.ts';
import { passwordColumns, rememberPassword, requireMinimumAge } from './new-password.ts';
import { findUser, revokeSessions, updateUserRow } from './store.ts';
import { requireDistinctExternalId, type UserFields, userColumns } from './user-fields.ts';

/** Disabling and a new password end every token and temporary key of the user. The root user changes itself only. */
export async function updateUser(
  iam: IamContext,
  actor: Actor,
  userId: string,
  fields: UserFields,
): Promise<UserTable> {
  await iam.accessControl.authorize(actor, { action: iamActions.updateUser });
  const found = await requireUser(iam, actor, userId);
  if (found.is_root === 1) {
    if (actor.principalId !== userId) throw forbidden('Only the root user itself can change the root user.');
    if (fields.enabled === false) throw forbidden('The root user cannot be disabled.');
  }
  if (fields.password !== undefined && isSelf(actor, userId)) await requireMinimumAge(iam, found);
  const password =
    fields.password === undefined
      ? {}
      : await passwordColumns(iam, actor, fields.password, { name: fields.name ?? found.name, user: found });
  return change(iam, actor, { action: iamActions.updateUser }, 'user', async (transaction) => {
    const user = await findUser(transaction, actor.accountId, userId);
    if (!user) throw notFound('user', userId);
    await requireDistinctExternalId(transaction, actor.accountId, userId, fields.externalId);
    const nowMs = iam.clock.nowMs();
    const columns = {
      ...userColumns(fields),
      ...password,
      // Enabling a user that was idle gives it the whole period again.
      ...(fields.enabled === true ? { last_active_at: nowMs } : {}),
      updated_at: nowMs,
    };
    if (fields.password !== undefined) await rememberPassword(transaction, user, columns.updated_at);
    await updateUserRow(transaction, actor.accountId, userId, columns);
    if (fields.password !== undefined || fields.enabled === false)
      await revokeSessions(transaction, actor.accountId, userId);
    const changed = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    return {
      result: { ...user, ...columns },
      resourceId: userId,
      resourceName: user.name,
      detail: changed.join(', '),
    };
  });
}

export async function requireUser(iam: IamContext, actor: Actor, userId: string): Promise<UserTable> {
  const user = await findUser(iam.database, actor.accountId, userId);
  if (!user) throw notFound('user', userId);
  return user;
}
