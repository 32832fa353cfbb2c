import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { ApprovalRequestTable, IamTables } from '../tables.ts';
import type { ApprovableOperation } from './approval-policy.ts';
import type { ApprovalRequest, ApprovalStatus } from './approval-request.ts';

const openStatuses = ['pending', 'approved'] as const;

export interface ApprovalFilter {
  readonly approvalId?: string | undefined;
  readonly status?: ApprovalStatus | undefined;
}

/** Newest first. `expired` and the open statuses are judged by time. */
export async function findApprovals(
  reader: Reader,
  accountId: string,
  { approvalId, status }: ApprovalFilter,
  nowMs: number,
  limit: number,
): Promise<ApprovalRequest[]> {
  let query = reader
    .tables<IamTables>()
    .selectFrom('approval_requests')
    .selectAll()
    .where('account_id', '=', accountId);
  if (approvalId !== undefined) query = query.where('approval_id', '=', approvalId);
  if (status === 'pending' || status === 'approved')
    query = query.where('status', '=', status).where('expires_at', '>', nowMs);
  else if (status === 'expired')
    query = query.where((row) =>
      row.or([
        row('status', '=', 'expired'),
        row.and([row('status', 'in', openStatuses), row('expires_at', '<=', nowMs)]),
      ]),
    );
  else if (status !== undefined) query = query.where('status', '=', status);
  const rows = await query.orderBy('opened_at', 'desc').orderBy('approval_id').limit(limit).execute();
  return rows.map(fromRow);
}

/** The person's request that waits for a decision or for its use. */
export async function findOpenApproval(
  reader: Reader,
  accountId: string,
  {
    personId,
    operation,
    digest,
  }: { readonly personId: string; readonly operation: ApprovableOperation; readonly digest: string },
  nowMs: number,
): Promise<ApprovalRequest | undefined> {
  const row = await reader
    .tables<IamTables>()
    .selectFrom('approval_requests')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('person_id', '=', personId)
    .where('operation', '=', operation)
    .where('digest', '=', digest)
    .where('status', 'in', openStatuses)
    .where('expires_at', '>', nowMs)
    .executeTakeFirst();
  return row && fromRow(row);
}

export async function countOpenApprovals(reader: Reader, accountId: string, nowMs: number): Promise<number> {
  const { count } = await reader
    .tables<IamTables>()
    .selectFrom('approval_requests')
    .select((row) => row.fn.countAll<number | string>().as('count'))
    .where('account_id', '=', accountId)
    .where('status', 'in', openStatuses)
    .where('expires_at', '>', nowMs)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function insertApproval(transaction: Transaction, request: ApprovalRequest): Promise<void> {
  await transaction.tables<IamTables>().insertInto('approval_requests').values(toRow(request)).execute();
}

/** False if the request is no longer in the expected status. */
export async function changeApproval(
  transaction: Transaction,
  request: ApprovalRequest,
  change: Partial<
    Pick<ApprovalRequestTable, 'status' | 'decided_by' | 'decided_by_name' | 'decided_at' | 'reason'>
  >,
): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .tables<IamTables>()
    .updateTable('approval_requests')
    .set(change)
    .where('account_id', '=', request.accountId)
    .where('approval_id', '=', request.approvalId)
    .where('status', '=', request.status)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Lists open requests of all accounts whose time is over, for the sweep. */
export async function findOverdueApprovals(
  reader: Reader,
  nowMs: number,
  limit: number,
): Promise<ApprovalRequest[]> {
  const rows = await reader
    .tables<IamTables>()
    .selectFrom('approval_requests')
    .selectAll()
    .where('status', 'in', openStatuses)
    .where('expires_at', '<=', nowMs)
    .limit(limit)
    .execute();
  return rows.map(fromRow);
}

/** Deletes requests of all accounts that ended long ago, for the sweep. The audit trail keeps them. */
export async function deleteEndedApprovals(transaction: Transaction, expiredBeforeMs: number): Promise<void> {
  await transaction
    .tables<IamTables>()
    .deleteFrom('approval_requests')
    .where('status', 'in', ['refused', 'used', 'expired'])
    .where('expires_at', '<', expiredBeforeMs)
    .execute();
}

function fromRow(row: ApprovalRequestTable): ApprovalRequest {
  return {
    approvalId: row.approval_id,
    accountId: row.account_id,
    operation: row.operation as ApprovableOperation,
    action: row.action,
    resource: row.resource ?? undefined,
    requesterId: row.requester_id,
    requesterName: row.requester_name,
    personId: row.person_id,
    digest: row.digest,
    method: row.method,
    url: row.url,
    body: row.body,
    openedAt: row.opened_at,
    expiresAt: row.expires_at,
    status: row.status,
    decidedBy: row.decided_by ?? undefined,
    decidedByName: row.decided_by_name ?? undefined,
    decidedAt: row.decided_at ?? undefined,
    reason: row.reason ?? undefined,
  };
}

function toRow(request: ApprovalRequest): ApprovalRequestTable {
  return {
    approval_id: request.approvalId,
    account_id: request.accountId,
    operation: request.operation,
    action: request.action,
    resource: request.resource ?? null,
    requester_id: request.requesterId,
    requester_name: request.requesterName,
    person_id: request.personId,
    digest: request.digest,
    method: request.method,
    url: request.url,
    body: request.body,
    opened_at: request.openedAt,
    expires_at: request.expiresAt,
    status: request.status,
    decided_by: request.decidedBy ?? null,
    decided_by_name: request.decidedByName ?? null,
    decided_at: request.decidedAt ?? null,
    reason: request.reason ?? null,
  };
}
