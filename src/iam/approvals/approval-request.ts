import type { ApprovableOperation } from './approval-policy.ts';

/** `approved` waits for the requester to send the request again, which makes it `used`. */
export type ApprovalStatus = 'pending' | 'approved' | 'refused' | 'used' | 'expired';

/** A request that was held back until a second user approves it. */
export interface ApprovalRequest {
  readonly approvalId: string;
  readonly accountId: string;
  readonly operation: ApprovableOperation;
  readonly action: string;
  readonly resource: string | undefined;
  /** The principal, and the person behind it: see SentRequest. */
  readonly requesterId: string;
  readonly requesterName: string;
  readonly personId: string;
  readonly digest: string;
  readonly method: string;
  readonly url: string;
  /** The body as text; protected operations have no secrets in theirs. */
  readonly body: string;
  readonly openedAt: number;
  readonly expiresAt: number;
  readonly status: ApprovalStatus;
  readonly decidedBy: string | undefined;
  readonly decidedByName: string | undefined;
  readonly decidedAt: number | undefined;
  readonly reason: string | undefined;
}

/** Open requests come to an end by time, whether that was written already or not. */
export function statusAt(request: ApprovalRequest, nowMs: number): ApprovalStatus {
  const isOpen = request.status === 'pending' || request.status === 'approved';
  return isOpen && request.expiresAt <= nowMs ? 'expired' : request.status;
}
