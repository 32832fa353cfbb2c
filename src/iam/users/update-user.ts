import type { Reader } from '../../platform/db/index.ts';
import type { Actor } from '../actor.ts';
import { requireAuthorityOver, requireCredentialAuthority, requireNameAuthority } from '../authority.ts';
import { change, requireBeforehand } from '../change.ts';
import type { IamContext } from '../context.ts';
import { forbidden, notFound } from '../errors.ts';
import { iamActions } from '../permissions.ts';
import { isSelf, requireFullSession } from '../self-service.ts';
import type { UserTable } from '../tables.ts';
import { endVouchedSessions } from '../tokens/store.ts';
import { passwordColumns, rememberPassword, requireMinimumAge } from './new-password.ts';
import { findUser, revokeSessions, updateUserRow } from './store.ts';
import { requireDistinctExternalId, type UserFields, userColumns } from './user-fields.ts';

/**
 * Disabling, a new password and another access mode end every token and temporary key of the user, another external identity those
 * that a provider vouched for. Only the root user changes itself. How a user signs in, and whether it can, is changed by those who may do all that the user may.
 */
export async function updateUser(
  iam: IamContext,
  actor: Actor,
  userId: string,
  fields: UserFields,
): Promise<UserTable> {
  await iam.accessControl.authorize(actor, { action: iamActions.updateUser });
  const found = await requireUser(iam, actor, userId);
  if (found.is_root === 1 && fields.enabled === false) throw forbidden('The root user cannot be disabled.');
  if (found.is_root === 1 && (fields.accessMode ?? 'default') !== 'default')
    throw forbidden('The root user keeps every way in: its access_mode is default.');
  if (isSelf(actor, userId) && concernsLogin(fields))
    await requireFullSession(iam, actor, iamActions.updateUser);
  // Before the password is compared with earlier ones, whose match would tell about it.
  await requireBeforehand(iam, actor, iamActions.updateUser, (reader) =>
    requireUpdateAuthority(iam, reader, actor, found, fields),
  );
  if (fields.password !== undefined && isSelf(actor, userId)) await requireMinimumAge(iam, found);
  const password =
    fields.password === undefined
      ? {}
      : await passwordColumns(iam, actor, fields.password, { name: fields.name ?? found.name, user: found });
  return change(iam, actor, { action: iamActions.updateUser }, 'user', async (transaction) => {
    const user = await findUser(transaction, actor.accountId, userId);
    if (!user) throw notFound('user', userId);
    await requireUpdateAuthority(iam, transaction, actor, user, fields);
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
    const isModeChanged = fields.accessMode !== undefined && fields.accessMode !== user.access_mode;
    if (fields.password !== undefined || fields.enabled === false || isModeChanged)
      await revokeSessions(transaction, actor.accountId, userId);
    else if (columns.external_id !== undefined && columns.external_id !== user.external_id)
      await endVouchedSessions(transaction, userId);
    const changed = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    return {
      result: { ...user, ...columns },
      resourceId: userId,
      resourceName: user.name,
      detail: changed.join(', '),
    };
  });
}

/** @throws BeyondAuthority unless the actor may change these fields of the user. */
async function requireUpdateAuthority(
  iam: IamContext,
  reader: Reader,
  actor: Actor,
  user: UserTable,
  fields: UserFields,
): Promise<void> {
  requireAuthorityOver(actor, user);
  if (concernsLogin(fields)) await requireCredentialAuthority(reader, iam, actor, user);
  if (fields.name !== undefined && fields.name !== user.name)
    await requireNameAuthority(reader, iam, actor, user);
}

/** Reports whether the change decides who can act as the user, or whether the user itself can. */
function concernsLogin({ password, enabled, externalId, accessMode, passwordReset }: UserFields): boolean {
  return [password, enabled, externalId, accessMode, passwordReset].some((field) => field !== undefined);
}

export async function requireUser(iam: IamContext, actor: Actor, userId: string): Promise<UserTable> {
  const user = await findUser(iam.database, actor.accountId, userId);
  if (!user) throw notFound('user', userId);
  return user;
}
