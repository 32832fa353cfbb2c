import type { Reader } from '../../platform/db/index.ts';
import type { Actor } from '../actor.ts';
import type { IamContext } from '../context.ts';
import { isFactorRecent } from '../critical-operations/operation-protection.ts';
import { conflict, forbidden } from '../errors.ts';
import { authorizeUnlessSelf, isSelf } from '../self-service.ts';
import type { UserTable } from '../tables.ts';
import { requireUser } from '../users/update-user.ts';
import { type FactorsOfUser, factorsOf, hasAnyFactor } from './factor-store.ts';
import { proveSecondFactor } from './prove-second-factor.ts';

/** Time for which a login counts as the user in person, for binding a first factor. */
const freshLoginMs = 15 * 60_000;

export interface FactorChange {
  readonly user: UserTable;
  /** Before the change. */
  readonly factors: FactorsOfUser;
}

/**
 * Authorizes a change of a user's second factors. Users change their own by a token of a login and prove a factor they have, by
 * the session or by `code`; without one, the login must be fresh. Others need the permission, and nobody changes the root user's.
 */
export async function authorizeFactorChange(
  iam: IamContext,
  actor: Actor,
  userId: string,
  action: string,
  { code, aliases }: { readonly code?: string; readonly aliases?: readonly string[] } = {},
): Promise<FactorChange> {
  const user = await authorizeFactorAccess(iam, actor, userId, action, aliases);
  const factors = await factorsOf(iam.database, actor.accountId, userId);
  if (isSelf(actor, userId)) await requireOwnProof(iam, actor, action, hasAnyFactor(factors), code);
  return { user, factors };
}

/** The same for what changes no factor yet, such as making a device that is not bound. */
export async function authorizeFactorAccess(
  iam: IamContext,
  actor: Actor,
  userId: string,
  action: string,
  aliases?: readonly string[],
): Promise<UserTable> {
  // Users prove a factor in their own way below: protection by a factor must not keep them from binding one.
  await authorizeUnlessSelf(iam, actor, userId, action, aliases);
  const user = await requireUser(iam, actor, userId);
  if (!isSelf(actor, userId)) {
    if (user.is_root === 1)
      await refuse(iam, actor, userId, action, 'Only the root user itself changes its second factors.');
  } else if (actor.credential.kind !== 'token' || !actor.credential.isFullSession) {
    const reason = 'Users change their own second factors with the token of a login without a project scope.';
    await refuse(iam, actor, userId, action, reason);
  }
  return user;
}

/**
 * Repeats the check in the transaction of the change. Throws 409 if a first factor was bound meanwhile: a user without one had to prove
 * none.
 */
export async function requireStillWithout(reader: Reader, { user, factors }: FactorChange): Promise<void> {
  if (hasAnyFactor(factors)) return;
  if (hasAnyFactor(await factorsOf(reader, user.account_id, user.user_id)))
    throw conflict('second factor', 'The user got a second factor meanwhile: prove it.');
}

async function requireOwnProof(
  iam: IamContext,
  actor: Actor,
  action: string,
  hasFactor: boolean,
  code: string | undefined,
): Promise<void> {
  const nowMs = iam.clock.nowMs();
  const { signedInAtMs } = actor.credential;
  if (!hasFactor) {
    // Else a stolen token would do to bind the thief's own factor.
    if (signedInAtMs !== undefined && nowMs - signedInAtMs <= freshLoginMs) return;
    const reason = 'A first second factor needs a login within the last 15 minutes: sign in again.';
    return refuse(iam, actor, actor.principalId, action, reason);
  }
  const { factorMinutes } = (await iam.security.of(actor.accountId)).operations;
  if (isFactorRecent(actor.credential, factorMinutes, nowMs)) return;
  if (code !== undefined) return proveSecondFactor(iam, actor, action, { totp: code });
  const reason = `This needs a second factor within the last ${factorMinutes} minutes: sign in with it, or POST /v3.0/OS-MFA/step-up.`;
  await refuse(iam, actor, actor.principalId, action, reason);
}

async function refuse(
  iam: IamContext,
  actor: Actor,
  userId: string,
  action: string,
  reason: string,
): Promise<never> {
  await iam.accessControl.recordRefusal(actor, action, userId, reason);
  throw forbidden(reason);
}
