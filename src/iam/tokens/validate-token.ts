import type { Actor } from '../actor.ts';
import { recordedChange } from '../change.ts';
import type { IamContext } from '../context.ts';
import { tokenNotFound } from '../errors.ts';
import { describeToken } from './describe-token.ts';
import { endSessions } from './store.ts';

/** The same body as on creation. 404 for an unknown, expired or void token, and for one of another account. */
export async function validateToken(
  iam: IamContext,
  actor: Actor,
  subjectToken: string,
  options: { readonly withCatalog: boolean },
): Promise<object> {
  const { session, principal } = await findOwn(iam, actor, subjectToken);
  return describeToken(iam, session, principal, options);
}

/** Ends a token of the caller's account and all that was derived from it. Holding the token is enough. */
export async function revokeToken(iam: IamContext, actor: Actor, subjectToken: string): Promise<void> {
  const { session, principal } = await findOwn(iam, actor, subjectToken);
  await recordedChange(iam, actor, 'iam:tokens:revoke', 'token', async (transaction) => {
    await endSessions(transaction, { sessionId: session.session_id, accountId: session.account_id });
    return { result: undefined, resourceId: principal.principalId, resourceName: principal.principalName };
  });
}

async function findOwn(iam: IamContext, actor: Actor, subjectToken: string) {
  const known = await iam.authenticator.describeToken(subjectToken);
  if (!known || known.session.account_id !== actor.accountId) throw tokenNotFound();
  return known;
}
