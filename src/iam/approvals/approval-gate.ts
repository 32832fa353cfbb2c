import type { Clock } from '../../platform/clock.ts';
import type { Database, Transaction } from '../../platform/db/index.ts';
import type { Random } from '../../platform/random.ts';
import { lockAccount } from '../accounts/store.ts';
import type { AccessRequest, Actor } from '../actor.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { SecuritySettings } from '../security-policies/security-settings.ts';
import { formatMicroseconds } from '../timestamps.ts';
import { findUser } from '../users/store.ts';
import {
  type ApprovableOperation,
  type ApprovalPolicy,
  needsApproval,
  operationWords,
} from './approval-policy.ts';
import type { ApprovalRequest } from './approval-request.ts';
import { digestOf, type SentRequest } from './sent-request.ts';
import { changeApproval, countOpenApprovals, findOpenApproval, insertApproval } from './store.ts';

interface GatePorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly audit: AuditTrail;
  readonly security: SecuritySettings;
}

const hourMs = 60 * 60_000;
/** Open requests of an account at most; a flood would hide the request that matters. */
const mostOpen = 100;
/** An approver reads all of what is approved. */
const longestBodyBytes = 65_536;

/** Holds back protected operations until a second user approves them. */
export class ApprovalGate {
  readonly #ports: GatePorts;
  /** Keyed by the actor object, of which each request has its own. */
  readonly #sent = new WeakMap<Actor, SentRequest>();
  /** Operations whose approval the request has used. A request may name several resources, which are approved together. */
  readonly #approved = new WeakMap<Actor, Set<ApprovableOperation>>();

  constructor(ports: GatePorts) {
    this.#ports = ports;
  }

  attach(actor: Actor, sent: SentRequest): void {
    this.#sent.set(actor, sent);
  }

  /** The person who sent the actor's request: of an agency, the user who assumed it. */
  personOf(actor: Actor): string {
    return this.#sent.get(actor)?.personId ?? actor.principalId;
  }

  /**
   * Uses up the approval of a protected operation. Returns undefined if it may go on; otherwise why not and what to do, after
   * opening a request for approval. System work is not held back. The root user is.
   */
  async obstacle(actor: Actor, access: AccessRequest): Promise<string | undefined> {
    const { approval: operation } = access;
    if (operation === undefined || actor.kind === 'system') return undefined;
    const { approvals: policy } = await this.#ports.security.of(actor.accountId);
    if (!needsApproval(policy, operation) || this.#approved.get(actor)?.has(operation)) return undefined;
    const sent = this.#sent.get(actor);
    if (sent === undefined) return `${asks(operation)} It can be done by a request over HTTP only.`;
    if (sent.body().length > longestBodyBytes)
      return `${asks(operation)} The body must not be longer than ${longestBodyBytes} bytes: the approver reads it.`;
    const outcome = await this.#ports.database.transaction(async (transaction) => {
      await lockAccount(transaction, actor.accountId);
      return this.#useOrOpen(transaction, actor, access, operation, sent, policy);
    });
    if (outcome === 'approved') {
      this.#approved.set(actor, (this.#approved.get(actor) ?? new Set()).add(operation));
      return undefined;
    }
    return `${asks(operation)} ${outcome}`;
  }

  async #useOrOpen(
    transaction: Transaction,
    actor: Actor,
    access: AccessRequest,
    operation: ApprovableOperation,
    sent: SentRequest,
    policy: ApprovalPolicy,
  ): Promise<string> {
    const nowMs = this.#ports.clock.nowMs();
    const digest = digestOf(sent);
    const sought = { personId: sent.personId, operation, digest };
    const open = await findOpenApproval(transaction, actor.accountId, sought, nowMs);
    if (open?.status === 'pending') return waiting(open);
    if (open) {
      const isUsable = await isApproverUsable(transaction, open);
      const status = isUsable ? 'used' : 'refused';
      const reason = isUsable ? null : 'The user who approved it is disabled or deleted.';
      if (!(await changeApproval(transaction, open, { status, ...(reason && { reason }) })))
        return 'The request was decided at the same time: send it again.';
      await recordApproval(this.#ports, transaction, actor, open, status, reason ?? undefined);
      if (isUsable) return 'approved';
    }
    if ((await countOpenApprovals(transaction, actor.accountId, nowMs)) >= mostOpen)
      return `The account has ${mostOpen} open requests for approval already: decide those first.`;
    const request = newRequest(actor, access, operation, sent, digest, {
      approvalId: this.#ports.random.hexId(),
      openedAt: nowMs,
      expiresAt: nowMs + policy.requestHours * hourMs,
    });
    await insertApproval(transaction, request);
    await recordApproval(this.#ports, transaction, actor, request, 'opened');
    return waiting(request);
  }
}

function asks(operation: ApprovableOperation): string {
  return `The account asks for a second user's approval to ${operationWords[operation]}.`;
}

function waiting({ approvalId, expiresAt }: ApprovalRequest): string {
  return [
    `Request ${approvalId} is waiting: another user approves it by POST /v1/approvals/${approvalId}/approve,`,
    `then send the same request again before ${formatMicroseconds(expiresAt)}.`,
  ].join(' ');
}

/** A federated user has no row: its provider was asked when it signed in. */
async function isApproverUsable(transaction: Transaction, request: ApprovalRequest): Promise<boolean> {
  const { accountId, decidedBy = '' } = request;
  if (decidedBy.includes(':')) return true;
  return (await findUser(transaction, accountId, decidedBy))?.enabled === 1;
}

function newRequest(
  actor: Actor,
  { action, resource }: AccessRequest,
  operation: ApprovableOperation,
  sent: SentRequest,
  digest: string,
  times: Pick<ApprovalRequest, 'approvalId' | 'openedAt' | 'expiresAt'>,
): ApprovalRequest {
  return {
    ...times,
    accountId: actor.accountId,
    operation,
    action,
    resource,
    requesterId: actor.principalId,
    requesterName: actor.principalName,
    personId: sent.personId,
    digest,
    method: sent.method,
    url: sent.url,
    body: Buffer.from(sent.body()).toString('utf8'),
    status: 'pending',
    decidedBy: undefined,
    decidedByName: undefined,
    decidedAt: undefined,
    reason: undefined,
  };
}

/** Writes what became of a request into the trail of its account. */
export async function recordApproval(
  { audit }: Pick<GatePorts, 'audit'>,
  transaction: Transaction,
  actor: Actor,
  request: ApprovalRequest,
  event: 'opened' | 'approved' | 'refused' | 'used' | 'expired',
  reason?: string,
): Promise<void> {
  const what = `${event}: ${request.operation}, ${request.method} ${request.url}`.slice(0, 500);
  await audit.record(transaction, actor, {
    action: `iam:approvals:${event}`,
    resourceType: 'approval',
    resourceId: request.approvalId,
    resourceName: request.operation,
    result: 'success',
    detail: reason === undefined ? what : `${what}; ${reason}`,
  });
}
