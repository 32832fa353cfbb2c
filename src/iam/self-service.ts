import type { Actor } from './actor.ts';
import type { IamContext } from './context.ts';
import { forbidden } from './errors.ts';

/** What users may do to themselves without a permission: an agency acts for somebody and is nobody's self. */
export function isSelf(actor: Actor, userId: string): boolean {
  return actor.kind === 'user' && actor.principalId === userId;
}

/** An explicit denial counts for oneself too. */
export async function authorizeUnlessSelf(
  iam: IamContext,
  actor: Actor,
  userId: string,
  action: string,
  aliases: readonly string[] = [],
): Promise<void> {
  const request = { action, aliases };
  if (!isSelf(actor, userId)) return iam.accessControl.authorize(actor, request);
  if (iam.accessControl.decide(actor, request) === 'denied explicitly')
    await iam.accessControl.refuse(actor, request, 'denied explicitly');
}

/**
 * For what gives users lasting credentials of their own. A credential that ends, or that is bound to a project, does not make one
 * that outlives it. The refusal is recorded.
 */
export async function requireFullSession(iam: IamContext, actor: Actor, action: string): Promise<void> {
  if (actor.credential.isFullSession) return;
  const reason =
    'Users change their own credentials with the token of a password login without a project scope, or with a permanent access key.';
  await iam.accessControl.recordRefusal(actor, action, actor.principalId, reason);
  throw forbidden(reason);
}
