import type { Actor } from './actor.ts';
import type { IamContext } from './context.ts';
import { forbidden } from './errors.ts';

/** An agency acts for somebody and is nobody's self. */
export function isSelf(actor: Actor, userId: string): boolean {
  return actor.kind === 'user' && actor.principalId === userId;
}

/** Users need no permission for what they do to themselves, but a Deny counts all the same. */
export async function authorizeUnlessSelf(
  iam: IamContext,
  actor: Actor,
  userId: string,
  action: string,
  aliases: readonly string[] = [],
): Promise<void> {
  const request = { action, aliases };
  if (!isSelf(actor, userId)) return iam.accessControl.authorize(actor, request);
  await iam.accessControl.requireNotDenied(actor, request);
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
