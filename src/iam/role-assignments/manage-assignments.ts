import type { Transaction } from '../../platform/db/index.ts';
import type { Actor } from '../actor.ts';
import { findAgency } from '../agencies/store.ts';
import { grantOf, grantsOfUser, loadGrants } from '../authentication/load-grants.ts';
import { requireAuthorityOver, requireGrantable } from '../authority.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { findEnterpriseProjects } from '../enterprise-projects/store.ts';
import { notFound } from '../errors.ts';
import { findGroup } from '../groups/store.ts';
import { assignmentLimit } from '../limits/iam-limits.ts';
import { requireRoom } from '../limits/require-room.ts';
import { iamActions } from '../permissions.ts';
import { liftedDenials } from '../policies/cover.ts';
import type { Grant } from '../policies/decide.ts';
import { getPolicy } from '../policies/manage-policies.ts';
import type { Policy } from '../policies/policy.ts';
import { findProject } from '../projects/store.ts';
import { findUser } from '../users/store.ts';
import { deleteAssignment, findAssignments, insertAssignment, type RoleAssignment } from './store.ts';

/** Who and where; what is the policy. */
export type AssignmentPlace = Omit<RoleAssignment, 'accountId' | 'policyId'>;

/** To grant again changes nothing. Whoever grants has what the policy allows. 404 if subject, scope or policy is not the account's. */
export async function grantPolicy(
  iam: IamContext,
  actor: Actor,
  place: AssignmentPlace,
  policyId: string,
): Promise<void> {
  await change(iam, actor, { action: iamActions.grantPolicy }, place.subjectKind, async (transaction) => {
    await requirePlace(transaction, actor, place);
    const policy = await getPolicy(transaction, actor.accountId, policyId);
    const given = [grantOf(policy, { scope_kind: place.scopeKind, scope_id: place.scopeId })];
    const limits = [...given, ...(await grantsOfSubject(transaction, actor, place))];
    requireGrantable(iam, actor, place.subjectId, given, limits);
    const assignment = { ...place, accountId: actor.accountId, policyId };
    if (await insertAssignment(transaction, assignment, iam.clock.nowMs()))
      await requireRoom(transaction, actor.accountId, assignmentLimit, { owner: place.subjectId, adding: 0 });
    return { result: undefined, resourceId: place.subjectId, detail: describe(place, policy) };
  });
}

/** Taking a policy away needs the rights that it denies. */
export async function revokePolicy(
  iam: IamContext,
  actor: Actor,
  place: AssignmentPlace,
  policyId: string,
): Promise<void> {
  await change(iam, actor, { action: iamActions.revokePolicy }, place.subjectKind, async (transaction) => {
    await requirePlace(transaction, actor, place);
    const policy = await getPolicy(transaction, actor.accountId, policyId);
    if (!(await deleteAssignment(transaction, { ...place, accountId: actor.accountId, policyId })))
      throw notFound('role assignment', policyId);
    const lifted = liftedDenials([grantOf(policy, { scope_kind: place.scopeKind, scope_id: place.scopeId })]);
    requireGrantable(iam, actor, place.subjectId, lifted, await grantsOfSubject(transaction, actor, place));
    return { result: undefined, resourceId: place.subjectId, detail: describe(place, policy) };
  });
}

/** All that grants to the subject and denies it. Checks that only the root user changes the root user. */
async function grantsOfSubject(
  transaction: Transaction,
  actor: Actor,
  { subjectKind, subjectId }: AssignmentPlace,
): Promise<readonly Grant[]> {
  const user = subjectKind === 'user' ? await findUser(transaction, actor.accountId, subjectId) : undefined;
  if (!user) return loadGrants(transaction, actor.accountId, [subjectId]);
  requireAuthorityOver(actor, user);
  return grantsOfUser(transaction, user);
}

export async function listGrantedPolicies(
  iam: IamContext,
  actor: Actor,
  place: AssignmentPlace,
): Promise<Policy[]> {
  await iam.accessControl.authorize(actor, { action: iamActions.listAssignments });
  await requirePlace(iam.database, actor, place);
  const assignments = await findAssignments(iam.database, actor.accountId, filterOf(place));
  return Promise.all(assignments.map((row) => getPolicy(iam.database, actor.accountId, row.policy_id)));
}

/** 404 if it is not granted there. */
export async function checkGranted(
  iam: IamContext,
  actor: Actor,
  place: AssignmentPlace,
  policyId: string,
): Promise<void> {
  await iam.accessControl.authorize(actor, { action: iamActions.checkAssignment });
  await requirePlace(iam.database, actor, place);
  const found = await findAssignments(iam.database, actor.accountId, { ...filterOf(place), policyId });
  if (found.length === 0) throw notFound('role assignment', policyId);
}

function filterOf(place: AssignmentPlace) {
  const { subjectId, ...rest } = place;
  return { ...rest, subjectIds: [subjectId] };
}

async function requirePlace(
  reader: Pick<Transaction, 'tables'>,
  { accountId }: Actor,
  { subjectKind, subjectId, scopeKind, scopeId }: AssignmentPlace,
): Promise<void> {
  if (!(await findSubject())) throw notFound(subjectKind, subjectId);
  if (!(await scopeExists())) throw notFound(scopeKind === 'all-projects' ? 'domain' : scopeKind, scopeId);

  function findSubject(): Promise<object | undefined> {
    switch (subjectKind) {
      case 'user':
        return findUser(reader, accountId, subjectId);
      case 'group':
        return findGroup(reader, accountId, subjectId);
      case 'agency':
        return findAgency(reader, accountId, subjectId);
    }
  }
  async function scopeExists(): Promise<boolean> {
    switch (scopeKind) {
      case 'domain':
      case 'all-projects':
        return scopeId === accountId;
      case 'project':
        return (await findProject(reader, accountId, scopeId)) !== undefined;
      case 'enterprise-project':
        return (
          scopeId === '0' || (await findEnterpriseProjects(reader, accountId, { id: scopeId })).length > 0
        );
    }
  }
}

function describe(place: AssignmentPlace, policy: Policy): string {
  return `${policy.displayName} on ${place.scopeKind} ${place.scopeId}`;
}
