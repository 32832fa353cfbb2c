import type { Reader } from '../../platform/db/index.ts';
import type { Actor } from '../actor.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { badRequest, conflict } from '../errors.ts';
import { securityPolicyActions } from '../permissions.ts';
import { currentPolicy, getSecurityPolicy } from '../security-policies/manage-security-policies.ts';
import { writeSecurityPolicy } from '../security-policies/store.ts';
import { findUsers } from '../users/store.ts';
import { type ApprovalPolicy, isWeaker } from './approval-policy.ts';

export function getApprovalPolicy(iam: IamContext, actor: Actor): Promise<ApprovalPolicy> {
  return getSecurityPolicy(iam, actor, 'approval-policy');
}

/** A policy that asks for less than the current one needs a second user's approval itself. */
export async function setApprovalPolicy(
  iam: IamContext,
  actor: Actor,
  next: ApprovalPolicy,
): Promise<ApprovalPolicy> {
  const action = securityPolicyActions['approval-policy'].update;
  const seen = await currentPolicy(iam.database, actor.accountId, 'approval-policy');
  const isApproved = isWeaker(seen, next);
  const access = isApproved ? ({ action, approval: 'weaken-approval-policy' } as const) : { action };
  return change(iam, actor, access, 'approvalPolicy', async (transaction) => {
    const current = await currentPolicy(transaction, actor.accountId, 'approval-policy');
    if (!isApproved && isWeaker(current, next))
      throw conflict('approval policy', 'It was changed by another request at the same time.');
    await requireApprovers(transaction, actor.accountId, next.approverIds);
    await writeSecurityPolicy(transaction, actor.accountId, 'approval-policy', next);
    return { result: next, resourceId: 'approval-policy', detail: JSON.stringify(next).slice(0, 1000) };
  });
}

/** Two at least: one could not approve what is the own request. */
async function requireApprovers(
  reader: Reader,
  accountId: string,
  approverIds: readonly string[],
): Promise<void> {
  if (approverIds.length === 0) return;
  if (new Set(approverIds).size < 2)
    throw badRequest(
      'approval_policy.approver_ids must name two users at least, or none to let all approve who have the permission.',
    );
  const users = await findUsers(reader, accountId, { enabled: true });
  const known = new Set(users.map((user) => user.user_id));
  const unknown = approverIds.findIndex((id) => !known.has(id));
  if (unknown >= 0)
    throw badRequest(
      `approval_policy.approver_ids[${unknown}] must be the id of an enabled user of the account.`,
    );
}
