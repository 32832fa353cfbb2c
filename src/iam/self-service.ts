import type { Actor } from './actor.ts';
import type { IamContext } from './context.ts';

/** What users may do to themselves without a permission: an agency acts for somebody and is nobody's self. */
export function isSelf(actor: Actor, userId: string): boolean {
  return actor.kind === 'user' && actor.principalId === userId;
}

export async function authorizeUnlessSelf(
  iam: IamContext,
  actor: Actor,
  userId: string,
  action: string,
  aliases: readonly string[] = [],
): Promise<void> {
  if (!isSelf(actor, userId)) await iam.accessControl.authorize(actor, { action, aliases });
}
