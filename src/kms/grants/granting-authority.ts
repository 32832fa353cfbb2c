import type { Decision } from '../../iam/index.ts';
import { isOwn, refuse } from '../access.ts';
import type { KmsContext } from '../context.ts';
import type { Key } from '../key.ts';
import { type Caller, keyAccessRequest, permissions } from '../permissions.ts';
import type { GrantTable } from '../tables.ts';
import { type GrantOperation, grantsOf, isUsable, operationsOf, permissionOf } from './grant.ts';

/** The rights that a new grant gives. */
interface NewRights {
  readonly operations: readonly GrantOperation[];
  readonly retiringPrincipal: string | undefined;
}

/** A grant that names the caller, with those of its operations that the caller may use. */
interface UsableGrant {
  readonly grant: GrantTable;
  readonly operations: ReadonlySet<GrantOperation>;
}

/**
 * Returns the grants that a new grant of these operations follows from: none where policies of the caller allow all of them.
 * Whoever grants because of a policy has each operation by a policy or by a grant. Whoever grants because of a grant has all of
 * them by grants. Throws AccessDenied.
 */
export async function requireGrantingAuthority(
  context: KmsContext,
  caller: Caller,
  key: Key,
  { operations, retiringPrincipal }: NewRights,
): Promise<readonly GrantTable[]> {
  const request = keyAccessRequest('createGrant', key, caller);
  const decision = context.identity.decide(caller.actor, request);
  if (decision === 'denied explicitly') return context.identity.refuse(caller.actor, request, decision);
  const letsRetire = operations.includes('retire-grant') || retiringPrincipal !== undefined;
  if (letsRetire && decisionOn(context, caller, key, 'retire-grant') === 'denied explicitly')
    return refuse(context, caller, key, 'createGrant', beyondAuthority('retire-grant'));
  const own = isOwn(key, caller);
  const isByPolicy = own && decision === 'allowed';
  const usable = usableGrants(context, caller, key);
  const needed = isByPolicy
    ? operations.filter(
        (operation) => !isWithinPolicies(operation, decisionOn(context, caller, key, operation)),
      )
    : [...new Set<GrantOperation>(['create-grant', ...operations])];
  if (needed.length === 0) return [];
  const parents = findParents(usable, needed);
  if (parents) return parents;
  const missing = needed.find((operation) => !usable.some((each) => each.operations.has(operation)));
  if (missing !== undefined && missing !== 'create-grant')
    return refuse(context, caller, key, 'createGrant', beyondAuthority(missing));
  return own && decision !== 'allowed'
    ? context.identity.refuse(caller.actor, request, decision)
    : refuse(context, caller, key, 'createGrant');
}

function beyondAuthority(operation: GrantOperation): string {
  const [action] = permissions[permissionOf[operation]];
  return `You cannot grant what you do not have: ${operation} (${action}) on this key.`;
}

/** Issuers retire their own grants without a policy, so they may let others. */
function isWithinPolicies(operation: GrantOperation, decision: Decision): boolean {
  return operation === 'retire-grant' || decision === 'allowed';
}

function decisionOn(context: KmsContext, caller: Caller, key: Key, operation: GrantOperation): Decision {
  return context.identity.decide(caller.actor, keyAccessRequest(permissionOf[operation], key, caller));
}

function usableGrants(context: KmsContext, caller: Caller, key: Key): UsableGrant[] {
  const mayUse = (grant: GrantTable, operation: GrantOperation) =>
    isUsable(grant, decisionOn(context, caller, key, operation));
  return grantsOf(key, caller.actor).map((grant) => ({
    grant,
    operations: new Set(operationsOf(grant).filter((operation) => mayUse(grant, operation))),
  }));
}

/** One grant that covers what is needed, or else all grants that together do: the new grant then needs each of them. */
function findParents(
  usable: readonly UsableGrant[],
  needed: readonly GrantOperation[],
): readonly GrantTable[] | undefined {
  const covers = (all: ReadonlySet<GrantOperation>) => needed.every((operation) => all.has(operation));
  const single = usable.find((each) => covers(each.operations));
  if (single) return [single.grant];
  const together = new Set(usable.flatMap((each) => [...each.operations]));
  if (!covers(together)) return undefined;
  return usable
    .filter((each) => needed.some((operation) => each.operations.has(operation)))
    .map(({ grant }) => grant);
}
