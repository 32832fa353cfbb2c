import { isOwn, refuse } from '../access.ts';
import type { KmsContext } from '../context.ts';
import type { Key } from '../key.ts';
import { type Caller, keyAccessRequest } from '../permissions.ts';
import type { GrantTable } from '../tables.ts';
import { type GrantOperation, grantsOf, isUsable, operationsOf, permissionOf } from './grant.ts';

/** A grant that names the caller, with those of its operations that the caller may use. */
interface UsableGrant {
  readonly grant: GrantTable;
  readonly operations: ReadonlySet<GrantOperation>;
}

/**
 * Returns the grants that a new grant of these operations follows from: none where a policy allows the caller to grant. Whoever
 * grants because of a grant alone hands on no operation beyond what it may use itself. Throws AccessDenied.
 */
export async function requireGrantingAuthority(
  context: KmsContext,
  caller: Caller,
  key: Key,
  operations: readonly GrantOperation[],
): Promise<readonly GrantTable[]> {
  const request = keyAccessRequest('createGrant', key, caller);
  const decision = context.identity.decide(caller.actor, request);
  const own = isOwn(key, caller);
  if (own && decision === 'allowed') return [];
  if (decision === 'denied explicitly') return context.identity.refuse(caller.actor, request, decision);
  const parents = findParents(usableGrants(context, caller, key), operations);
  if (parents) return parents;
  return own && decision !== 'allowed'
    ? context.identity.refuse(caller.actor, request, decision)
    : refuse(context, caller, key, 'createGrant');
}

function usableGrants(context: KmsContext, caller: Caller, key: Key): UsableGrant[] {
  const mayUse = (grant: GrantTable, operation: GrantOperation) => {
    const request = keyAccessRequest(permissionOf[operation], key, caller);
    return isUsable(grant, context.identity.decide(caller.actor, request));
  };
  return grantsOf(key, caller.actor).map((grant) => ({
    grant,
    operations: new Set(operationsOf(grant).filter((operation) => mayUse(grant, operation))),
  }));
}

/** One grant that covers all operations, or else all grants that together do: the new grant then needs each of them. */
function findParents(
  usable: readonly UsableGrant[],
  operations: readonly GrantOperation[],
): readonly GrantTable[] | undefined {
  const needed: readonly GrantOperation[] = [...new Set<GrantOperation>(['create-grant', ...operations])];
  const covers = (all: ReadonlySet<GrantOperation>) => needed.every((operation) => all.has(operation));
  const single = usable.find((each) => covers(each.operations));
  if (single) return [single.grant];
  const together = new Set(usable.flatMap((each) => [...each.operations]));
  if (!covers(together)) return undefined;
  return usable
    .filter((each) => needed.some((operation) => each.operations.has(operation)))
    .map(({ grant }) => grant);
}
