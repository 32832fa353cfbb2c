import type { Actor } from '../actor.ts';
import { serialChange } from '../change.ts';
import type { IamContext } from '../context.ts';
import { badRequest, forbidden, notFound, wrongCredentials } from '../errors.ts';
import { iamActions } from '../permissions.ts';
import { authorizeUnlessSelf, isSelf, requireFullSession } from '../self-service.ts';
import { passwordColumns, rememberPassword, requireMinimumAge } from './new-password.ts';
import { findUser, revokeSessions, updateUserRow } from './store.ts';
import { requireUser } from './update-user.ts';

/** By the user, who proves to know the old one; ends every token and temporary key of the user, this request's too. */
export async function changeOwnPassword(
  iam: IamContext,
  actor: Actor,
  userId: string,
  passwords: { readonly original: string; readonly next: string },
): Promise<void> {
  const action = iamActions.changePassword;
  if (!isSelf(actor, userId)) throw forbidden('Users change their own password only.');
  await authorizeUnlessSelf(iam, actor, userId, action);
  // A project scope does no harm here: the old password is proven.
  if (actor.credential.kind === 'temporary-key') await requireFullSession(iam, actor, action);
  const user = await requireUser(iam, actor, userId);
  const { passwordAttempts, operations } = await iam.security.of(actor.accountId);
  if (!actor.isRoot && !operations.selfManagement.password) {
    const reason =
      'The protect-policy of the account does not let users do this (allow_user.manage_password).';
    await iam.accessControl.recordRefusal(actor, 'iam:users:changePassword', userId, reason);
    throw forbidden(reason);
  }
  const subject = { name: `user ${userId}`, sourceIp: actor.sourceIp };
  using attempt = await iam.loginAttempts.reserve(subject, passwordAttempts);
  if (!(await iam.passwords.verify(passwords.original, user.password_hash, attempt))) {
    attempt.failed();
    await iam.accessControl.recordRefusal(actor, action, userId, 'wrong original password');
    throw wrongCredentials();
  }
  attempt.succeeded();
  if (passwords.original === passwords.next)
    throw badRequest('password must differ from the original password.');
  await requireMinimumAge(iam, user);
  const columns = await passwordColumns(iam, actor, passwords.next, { name: user.name, user });
  await serialChange(iam, actor, action, 'user', async (transaction) => {
    const values = { ...columns, password_reset: 0, updated_at: iam.clock.nowMs() };
    const current = await findUser(transaction, actor.accountId, userId);
    if (!current) throw notFound('user', userId);
    await rememberPassword(transaction, current, values.updated_at);
    await updateUserRow(transaction, actor.accountId, userId, values);
    await revokeSessions(transaction, actor.accountId, userId);
    return { result: undefined, resourceId: userId, resourceName: user.name };
  });
}
