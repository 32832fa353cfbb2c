import { LRUCache } from 'lru-cache';
import type { Reader } from '../../platform/db/index.ts';
import { groupIdsOf } from '../groups/store.ts';
import { type CompiledStatement, compilePolicy } from '../policies/compile-policy.ts';
import type { Grant, GrantScope } from '../policies/decide.ts';
import type { Policy } from '../policies/policy.ts';
import { findCustomPolicies } from '../policies/store.ts';
import { findSystemPolicy } from '../policies/system-policies.ts';
import { findAssignments } from '../role-assignments/store.ts';
import type { AssignmentSubjectKind, RoleAssignmentTable, UserTable } from '../tables.ts';

const maximumPolicies = 10_000;
const compiledPolicies = new LRUCache<string, readonly CompiledStatement[]>({ max: maximumPolicies });

/** Loads the grants of users, groups or agencies by their ids. */
export async function loadGrants(
  reader: Reader,
  accountId: string,
  subjectIds: readonly string[],
): Promise<readonly Grant[]> {
  return toGrants(reader, accountId, await findAssignments(reader, accountId, { subjectIds }));
}

/** Loads the grants of a user, direct ones and those of its groups. */
export async function grantsOfUser(
  reader: Reader,
  { user_id, account_id }: Pick<UserTable, 'user_id' | 'account_id'>,
): Promise<readonly Grant[]> {
  return loadGrants(reader, account_id, [user_id, ...(await groupIdsOf(reader, user_id))]);
}

/** Loads the grants on a project, of all subjects. */
export async function loadScopeGrants(
  reader: Reader,
  accountId: string,
  scopeId: string,
): Promise<readonly Grant[]> {
  return toGrants(reader, accountId, await findAssignments(reader, accountId, { scopeId }));
}

/** Loads the grants of all subjects of these kinds. */
export async function loadSubjectGrants(
  reader: Reader,
  accountId: string,
  kinds: readonly AssignmentSubjectKind[],
): Promise<readonly Grant[]> {
  const assignments = await findAssignments(reader, accountId, {});
  return toGrants(
    reader,
    accountId,
    assignments.filter(({ subject_kind }) => kinds.includes(subject_kind)),
  );
}

async function toGrants(
  reader: Reader,
  accountId: string,
  assignments: readonly RoleAssignmentTable[],
): Promise<readonly Grant[]> {
  const custom = await findCustomPolicies(reader, accountId, {
    policyIds: [...new Set(assignments.map((assignment) => assignment.policy_id))],
  });
  const customById = new Map(custom.map((policy) => [policy.policyId, policy]));
  return assignments.flatMap((assignment) => {
    const policy = findSystemPolicy(assignment.policy_id) ?? customById.get(assignment.policy_id);
    return policy ? [grantOf(policy, assignment)] : [];
  });
}

/** The grant that an assignment of the policy makes. */
export function grantOf(policy: Policy, place: Pick<RoleAssignmentTable, 'scope_kind' | 'scope_id'>): Grant {
  return {
    scope: scopeOf(place),
    policyId: policy.policyId,
    policyName: policy.name,
    statements: compiled(policy),
  };
}

function scopeOf(place: Pick<RoleAssignmentTable, 'scope_kind' | 'scope_id'>): GrantScope {
  switch (place.scope_kind) {
    case 'domain':
    case 'all-projects':
      return { kind: 'account' };
    case 'project':
      return { kind: 'project', projectId: place.scope_id };
    case 'enterprise-project':
      return { kind: 'enterprise-project', enterpriseProjectId: place.scope_id };
  }
}

function compiled(policy: Policy): readonly CompiledStatement[] {
  // By content: two updates within one millisecond have the same time.
  const key = JSON.stringify(policy.document);
  let known = compiledPolicies.get(key);
  if (!known) {
    known = compilePolicy(policy.document);
    compiledPolicies.set(key, known);
  }
  return known;
}
