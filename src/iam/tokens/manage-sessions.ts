import type { Actor } from '../actor.ts';
import { requireAuthorityOver } from '../authority.ts';
import { serialChange } from '../change.ts';
import type { IamContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { iamActions } from '../permissions.ts';
import { authorizeUnlessSelf } from '../self-service.ts';
import type { SessionTable } from '../tables.ts';
import { findUser, revokeSessions } from '../users/store.ts';
import { endSessions, findSessionsOfUser } from './store.ts';

/** The user's tokens, temporary keys and assumed agencies that may still be used, the latest first. */
export async function listSessions(iam: IamContext, actor: Actor, userId: string): Promise<SessionTable[]> {
  await authorizeUnlessSelf(iam, actor, userId, iamActions.listSessions);
  const user = await findUser(iam.database, actor.accountId, userId);
  if (!user) throw notFound('user', userId);
  return findSessionsOfUser(iam.database, user, iam.clock.nowMs());
}

/** Ends one of the user's sessions with all that was derived from it. 404 for any other. */
export async function endSession(
  iam: IamContext,
  actor: Actor,
  userId: string,
  sessionId: string,
): Promise<void> {
  await authorizeUnlessSelf(iam, actor, userId, iamActions.endSession);
  await serialChange(iam, actor, iamActions.endSession, 'session', async (transaction) => {
    const user = await findUser(transaction, actor.accountId, userId);
    if (!user) throw notFound('user', userId);
    requireAuthorityOver(actor, user);
    const sessions = await findSessionsOfUser(transaction, user, iam.clock.nowMs());
    const session = sessions.find(({ session_id }) => session_id === sessionId);
    if (!session) throw notFound('session', sessionId);
    await endSessions(transaction, { sessionId, accountId: session.account_id });
    return { result: undefined, resourceId: sessionId, detail: `of user ${userId}` };
  });
}

/** Ends every session of the user, this request's too if it is the user's own. Access keys stay. */
export async function endAllSessions(iam: IamContext, actor: Actor, userId: string): Promise<void> {
  await authorizeUnlessSelf(iam, actor, userId, iamActions.endSession);
  await serialChange(iam, actor, iamActions.endSession, 'session', async (transaction) => {
    const user = await findUser(transaction, actor.accountId, userId);
    if (!user) throw notFound('user', userId);
    requireAuthorityOver(actor, user);
    await revokeSessions(transaction, actor.accountId, userId);
    return { result: undefined, resourceId: userId, resourceName: user.name, detail: 'all sessions' };
  });
}
