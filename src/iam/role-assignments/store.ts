import { insertIfAbsent, type Reader, type Transaction } from '../../platform/db/index.ts';
import type {
  AssignmentScopeKind,
  AssignmentSubjectKind,
  IamTables,
  RoleAssignmentTable,
} from '../tables.ts';

/** What is given to whom, and where. */
export interface RoleAssignment {
  readonly accountId: string;
  readonly subjectKind: AssignmentSubjectKind;
  readonly subjectId: string;
  readonly scopeKind: AssignmentScopeKind;
  readonly scopeId: string;
  readonly policyId: string;
}

export interface AssignmentFilter {
  readonly subjectKind?: AssignmentSubjectKind;
  readonly subjectIds?: readonly string[];
  readonly scopeKind?: AssignmentScopeKind;
  readonly scopeId?: string;
  readonly policyId?: string;
}

export function findAssignments(
  reader: Reader,
  accountId: string,
  filter: AssignmentFilter,
): Promise<RoleAssignmentTable[]> {
  const { subjectKind, subjectIds, scopeKind, scopeId, policyId } = filter;
  if (subjectIds?.length === 0) return Promise.resolve([]);
  return reader
    .tables<IamTables>()
    .selectFrom('role_assignments')
    .selectAll()
    .where('account_id', '=', accountId)
    .$if(subjectKind !== undefined, (query) => query.where('subject_kind', '=', subjectKind!))
    .$if(subjectIds !== undefined, (query) => query.where('subject_id', 'in', [...subjectIds!]))
    .$if(scopeKind !== undefined, (query) => query.where('scope_kind', '=', scopeKind!))
    .$if(scopeId !== undefined, (query) => query.where('scope_id', '=', scopeId!))
    .$if(policyId !== undefined, (query) => query.where('policy_id', '=', policyId!))
    .orderBy('created_at')
    .orderBy('policy_id')
    .orderBy('subject_id')
    .orderBy('scope_kind')
    .orderBy('scope_id')
    .execute();
}

/** True if it was not there. */
export function insertAssignment(
  transaction: Transaction,
  assignment: RoleAssignment,
  createdAt: number,
): Promise<boolean> {
  return insertIfAbsent(
    transaction
      .tables<IamTables>()
      .insertInto('role_assignments')
      .values({
        account_id: assignment.accountId,
        subject_kind: assignment.subjectKind,
        subject_id: assignment.subjectId,
        scope_kind: assignment.scopeKind,
        scope_id: assignment.scopeId,
        policy_id: assignment.policyId,
        created_at: createdAt,
      })
      .onConflict((conflict) => conflict.doNothing()),
  );
}

/** True if it was there. */
export async function deleteAssignment(
  transaction: Transaction,
  assignment: RoleAssignment,
): Promise<boolean> {
  const result = await transaction
    .tables<IamTables>()
    .deleteFrom('role_assignments')
    .where('account_id', '=', assignment.accountId)
    .where('subject_kind', '=', assignment.subjectKind)
    .where('subject_id', '=', assignment.subjectId)
    .where('scope_kind', '=', assignment.scopeKind)
    .where('scope_id', '=', assignment.scopeId)
    .where('policy_id', '=', assignment.policyId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** With the policy or the project that is being deleted. */
export async function deleteAssignments(
  transaction: Transaction,
  accountId: string,
  of: { readonly policyId: string } | { readonly scopeId: string },
): Promise<void> {
  const query = transaction
    .tables<IamTables>()
    .deleteFrom('role_assignments')
    .where('account_id', '=', accountId);
  await ('policyId' in of
    ? query.where('policy_id', '=', of.policyId)
    : query.where('scope_id', '=', of.scopeId)
  ).execute();
}

/** How many subjects hold each policy, for `references`. */
export async function countReferences(reader: Reader, accountId: string, policyId: string): Promise<number> {
  const row = await reader
    .tables<IamTables>()
    .selectFrom('role_assignments')
    .select(({ fn }) => fn.count<number>('subject_id').distinct().as('count'))
    .where('account_id', '=', accountId)
    .where('policy_id', '=', policyId)
    .executeTakeFirstOrThrow();
  return row.count;
}
