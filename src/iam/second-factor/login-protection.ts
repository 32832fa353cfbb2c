import type { Actor } from '../actor.ts';
import { requireCredentialAuthority } from '../authority.ts';
import { serialChange } from '../change.ts';
import type { IamContext } from '../context.ts';
import { badRequest, conflict, notFound } from '../errors.ts';
import { iamActions, loginProtectionPermissions } from '../permissions.ts';
import { authorizeUnlessSelf, isSelf } from '../self-service.ts';
import { findUser } from '../users/store.ts';
import { requireUser } from '../users/update-user.ts';
import { authorizeFactorChange } from './authorize-factor-change.ts';
import {
  factorsOf,
  findProtectedUsers,
  hasAnyFactor,
  isLoginProtected,
  setLoginProtected,
} from './factor-store.ts';

export interface LoginProtection {
  readonly userId: string;
  readonly enabled: boolean;
}

export async function getLoginProtection(
  iam: IamContext,
  actor: Actor,
  userId: string,
): Promise<LoginProtection> {
  const { action, aliases } = loginProtectionPermissions.get;
  await authorizeUnlessSelf(iam, actor, userId, action, aliases);
  await requireUser(iam, actor, userId);
  return { userId, enabled: await isLoginProtected(iam.database, actor.accountId, userId) };
}

/** Lists the users of the account whose logins are protected. */
export async function listLoginProtections(iam: IamContext, actor: Actor): Promise<LoginProtection[]> {
  await iam.accessControl.authorize(actor, { action: iamActions.listLoginProtections });
  const users = await findProtectedUsers(iam.database, actor.accountId);
  return users.map((userId) => ({ userId, enabled: true }));
}

/**
 * Turns on or off that logins of the user need a second factor. The user needs a factor first. Turning it off needs the permission
 * also from the user, as an administrator may have turned it on.
 */
export async function setLoginProtection(
  iam: IamContext,
  actor: Actor,
  userId: string,
  wanted: { readonly enabled: boolean; readonly method: string },
): Promise<LoginProtection> {
  const { enabled, method } = wanted;
  const { action, aliases } = loginProtectionPermissions.set;
  if (!(enabled && isSelf(actor, userId))) await iam.accessControl.authorize(actor, { action, aliases });
  const { user } = await authorizeFactorChange(iam, actor, userId, action, { aliases });
  if (enabled && method !== 'vmfa')
    throw badRequest(
      `login_protect.verification_method must be vmfa: this service verifies by one-time passwords and passkeys; it sends no codes by ${method}.`,
    );
  return serialChange(iam, actor, action, 'login protection', async (transaction) => {
    if (!(await findUser(transaction, actor.accountId, userId))) throw notFound('user', userId);
    await requireCredentialAuthority(transaction, iam, actor, user);
    if (enabled && !hasAnyFactor(await factorsOf(transaction, actor.accountId, userId)))
      throw conflict('login protection', 'The user has no second factor: bind a virtual MFA device first.');
    const owner = { accountId: actor.accountId, userId };
    await setLoginProtected(transaction, owner, enabled, iam.clock.nowMs());
    return { result: { userId, enabled }, resourceId: userId, detail: enabled ? 'on' : 'off' };
  });
}
