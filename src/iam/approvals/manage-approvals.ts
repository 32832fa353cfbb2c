import type { Transaction } from '../../platform/db/index.ts';
import type { Actor } from '../actor.ts';
import type { IamContext } from '../context.ts';
import { conflict, forbidden, notFound } from '../errors.ts';
import { iamActions } from '../permissions.ts';
import { recordApproval } from './approval-gate.ts';
import { type ApprovalRequest, type ApprovalStatus, statusAt } from './approval-request.ts';
import { changeApproval, findApprovals } from './store.ts';

/** The account's requests, newest first. */
export async function listApprovals(
  iam: IamContext,
  actor: Actor,
  status: ApprovalStatus | undefined,
  limit: number,
): Promise<ApprovalRequest[]> {
  await iam.accessControl.authorize(actor, { action: iamActions.listApprovals });
  return findApprovals(iam.database, actor.accountId, { status }, iam.clock.nowMs(), limit);
}

/** One request; requesters see their own without a permission. */
export async function getApproval(
  iam: IamContext,
  actor: Actor,
  approvalId: string,
): Promise<ApprovalRequest> {
  const request = await findApproval(iam, iam.database, actor, approvalId);
  if (request?.personId !== iam.approvals.personOf(actor))
    await iam.accessControl.authorize(actor, { action: iamActions.getApproval });
  if (!request) throw notFound('approval', approvalId);
  return request;
}

/** Approves a request as another user than the requester, whose next sending of the same request goes through. */
export async function approve(iam: IamContext, actor: Actor, approvalId: string): Promise<ApprovalRequest> {
  await iam.accessControl.authorize(actor, { action: iamActions.approve });
  const request = await findApproval(iam, iam.database, actor, approvalId);
  if (!request) throw notFound('approval', approvalId);
  await requireApprover(iam, actor, request);
  return decide(iam, actor, approvalId, 'approved');
}

/** Refuses a request as an approver, or withdraws it as the requester. An approval can be taken back until it is used. */
export async function refuse(
  iam: IamContext,
  actor: Actor,
  approvalId: string,
  reason: string | undefined,
): Promise<ApprovalRequest> {
  const request = await findApproval(iam, iam.database, actor, approvalId);
  if (request?.personId !== iam.approvals.personOf(actor)) {
    await iam.accessControl.authorize(actor, { action: iamActions.approve });
    if (!request) throw notFound('approval', approvalId);
    await requireApprover(iam, actor, request);
  }
  return decide(iam, actor, approvalId, 'refused', reason);
}

/** Throws 403, recorded, for the requester, for agencies, and for who is not among the account's approvers. */
async function requireApprover(iam: IamContext, actor: Actor, request: ApprovalRequest): Promise<void> {
  const { approverIds } = (await iam.security.of(actor.accountId)).approvals;
  const obstacle = obstacleTo(actor, iam.approvals.personOf(actor), request, approverIds);
  if (obstacle === undefined) return;
  await iam.accessControl.recordRefusal(actor, iamActions.approve, request.approvalId, obstacle);
  throw forbidden(obstacle);
}

function obstacleTo(
  actor: Actor,
  personId: string,
  request: ApprovalRequest,
  approverIds: readonly string[],
): string | undefined {
  if (actor.kind !== 'user') return 'Users approve requests themselves, not through an agency.';
  if (personId === request.personId || actor.principalId === request.requesterId)
    return 'Another user than the requester has to approve a request.';
  if (approverIds.length > 0 && !approverIds.includes(actor.principalId))
    return 'The approval policy of the account names other users as approvers.';
  return undefined;
}

async function decide(
  iam: IamContext,
  actor: Actor,
  approvalId: string,
  decision: 'approved' | 'refused',
  reason?: string,
): Promise<ApprovalRequest> {
  return iam.database.transaction(async (transaction) => {
    const nowMs = iam.clock.nowMs();
    const request = await findApproval(iam, transaction, actor, approvalId);
    if (!request) throw notFound('approval', approvalId);
    const status = statusAt(request, nowMs);
    const isOpen = status === 'pending' || (status === 'approved' && decision === 'refused');
    if (!isOpen) throw conflict('approval', `The request is ${status}.`);
    const change = {
      status: decision,
      decided_by: actor.principalId,
      decided_by_name: actor.principalName,
      decided_at: nowMs,
      reason: reason ?? null,
    };
    if (!(await changeApproval(transaction, request, change)))
      throw conflict('approval', 'Somebody else decided the request at the same time.');
    await recordApproval(iam, transaction, actor, request, decision, reason);
    return {
      ...request,
      status: decision,
      decidedBy: actor.principalId,
      decidedByName: actor.principalName,
      decidedAt: nowMs,
      reason,
    };
  });
}

async function findApproval(
  iam: IamContext,
  reader: IamContext['database'] | Transaction,
  { accountId }: Actor,
  approvalId: string,
): Promise<ApprovalRequest | undefined> {
  return (await findApprovals(reader, accountId, { approvalId }, iam.clock.nowMs(), 1))[0];
}
