import type { Reader } from '../platform/db/index.ts';
import type { Actor } from './actor.ts';
import { grantsOfUser } from './authentication/load-grants.ts';
import type { IamContext } from './context.ts';
import { findUncovered, isAboutUser, liftedDenials } from './policies/cover.ts';
import type { Grant } from './policies/decide.ts';
import { findSystemPolicy } from './policies/system-policies.ts';
import type { UserTable } from './tables.ts';

/**
 * A change that would reach beyond what the actor has. `recordedChange` rolls it back, records the refusal and answers 403 with
 * the message.
 */
export class BeyondAuthority extends Error {
  readonly resourceId: string | undefined;

  constructor(message: string, resourceId: string | undefined) {
    super(message);
    this.resourceId = resourceId;
  }
}

/** Guards every change of a user and of its credentials. @throws BeyondAuthority unless the root user is changed by itself. */
export function requireAuthorityOver(actor: Actor, user: UserTable): void {
  if (user.is_root === 1 && !actor.isRoot && actor.kind !== 'system')
    throw new BeyondAuthority('Only the root user itself can change the root user.', user.user_id);
}

/**
 * For changes by which somebody could act as the user, or the user no longer could: passwords, access keys, external identities,
 * disabling, deletion. Users may act as themselves.
 * @throws BeyondAuthority unless the actor may do everything that the user may.
 */
export async function requireCredentialAuthority(
  reader: Reader,
  iam: IamContext,
  actor: Actor,
  user: UserTable,
): Promise<void> {
  requireAuthorityOver(actor, user);
  if (actor.kind === 'user' && actor.principalId === user.user_id) return;
  requireGrantable(iam, actor, user.user_id, await grantsOfUser(reader, user));
}

/**
 * For another name of a user: policies may allow or deny by it (`g:UserName`). Users do not get round that by renaming themselves.
 * @throws BeyondAuthority unless the actor has all that the user may have by any name.
 */
export async function requireNameAuthority(
  reader: Reader,
  iam: IamContext,
  actor: Actor,
  user: UserTable,
): Promise<void> {
  requireAuthorityOver(actor, user);
  const grants = await grantsOfUser(reader, user);
  const byName = grants.map((grant) => ({
    ...grant,
    statements: grant.statements.filter(({ source }) => isAboutUser(source)),
  }));
  requireGrantable(iam, actor, user.user_id, [...grants, ...liftedDenials(byName)], grants);
}

/**
 * For everything that gives rights, including the removal of what denies them. `denials` are all that limits the receiver.
 * @throws BeyondAuthority unless the actor has what is given.
 */
export function requireGrantable(
  iam: IamContext,
  actor: Actor,
  resourceId: string,
  given: readonly Grant[],
  denials: readonly Grant[] = given,
): void {
  if (actor.isRoot || actor.kind === 'system') return;
  const uncovered = findUncovered(iam.accessControl.grantsOf(actor), given, denials);
  if (!uncovered) return;
  // People know system policies by their display names, and custom ones by their ids.
  const policy = findSystemPolicy(uncovered.policyId)?.displayName ?? uncovered.policyName;
  const message = `You cannot grant what you do not have: ${policy} allows ${uncovered.action}.`;
  throw new BeyondAuthority(message, resourceId);
}
