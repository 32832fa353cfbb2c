import type { Actor } from '../actor.ts';
import { serialChange } from '../change.ts';
import type { IamContext } from '../context.ts';
import { badRequest, forbidden, notFound } from '../errors.ts';
import { iamActions } from '../permissions.ts';
import { isSelf } from '../self-service.ts';
import { findUser, updateUserRow } from './store.ts';
import { userColumns } from './user-fields.ts';

const action = iamActions.updateOwnInformation;

/** Changes the user's own data in person, as far as the account's protect-policy lets its users (`allow_user`). The root user always may. */
export async function changeOwnContact(
  iam: IamContext,
  actor: Actor,
  userId: string,
  contact: { readonly email?: string | undefined; readonly mobile?: string | undefined },
): Promise<void> {
  if (!isSelf(actor, userId)) throw forbidden('Users change their own email and mobile number only.');
  await iam.accessControl.requireNotDenied(actor, { action });
  const { email, mobile } = contact;
  if (email === undefined && mobile === undefined) throw badRequest('user must have email or mobile.');
  const { selfManagement } = (await iam.security.of(actor.accountId)).operations;
  const barred =
    (email !== undefined && !selfManagement.email && 'manage_email') ||
    (mobile !== undefined && !selfManagement.mobile && 'manage_mobile');
  const reason =
    barred && !actor.isRoot
      ? `The protect-policy of the account does not let users do this (allow_user.${barred}).`
      : actor.credential.isFullSession
        ? undefined
        : 'Users change their own email and mobile number by a login without a project scope.';
  if (reason !== undefined) {
    await iam.accessControl.recordRefusal(actor, action, userId, reason);
    throw forbidden(reason);
  }
  const [, areaCode, phone] = /^(\d{1,4})-(\d{4,20})$/.exec(mobile ?? '') ?? [];
  if (mobile !== undefined && phone === undefined)
    throw badRequest('user.mobile must be a country code and a number, such as 0086-123456789.');
  await serialChange(iam, actor, action, 'user', async (transaction) => {
    const user = await findUser(transaction, actor.accountId, userId);
    if (!user) throw notFound('user', userId);
    const columns = { ...userColumns({ email, areaCode, phone }), updated_at: iam.clock.nowMs() };
    await updateUserRow(transaction, actor.accountId, userId, columns);
    return {
      result: undefined,
      resourceId: userId,
      resourceName: user.name,
      detail: Object.keys(contact).join(', '),
    };
  });
}
