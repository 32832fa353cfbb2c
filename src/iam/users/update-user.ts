import type { Actor } from '../actor.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { forbidden, notFound } from '../errors.ts';
import { iamActions } from '../permissions.ts';
import type { UserTable } from '../tables.ts';
import { checkPassword } from './password-policy.ts';
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
  const password =
    fields.password === undefined
      ? {}
      : await passwordColumns(iam, fields.password, fields.name ?? found.name);
  return change(iam, actor, { action: iamActions.updateUser }, 'user', async (transaction) => {
    const user = await findUser(transaction, actor.accountId, userId);
    if (!user) throw notFound('user', userId);
    await requireDistinctExternalId(transaction, actor.accountId, userId, fields.externalId);
    const columns = { ...userColumns(fields), ...password, updated_at: iam.clock.nowMs() };
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

export async function passwordColumns(iam: IamContext, password: string, userName: string) {
  const strength = checkPassword(password, userName);
  return { password_hash: await iam.passwords.hash(password), password_strength: strength };
}
