import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { formatMicroseconds } from '../timestamps.ts';
import {
  type ApprovalPolicy,
  approvableOperations,
  defaultApprovalPolicy,
  operationWords,
} from './approval-policy.ts';
import { type ApprovalRequest, statusAt } from './approval-request.ts';
import { getApprovalPolicy, setApprovalPolicy } from './manage-approval-policy.ts';
import { approve, getApproval, listApprovals, refuse } from './manage-approvals.ts';

const literals = <Value extends string>(values: readonly Value[]) =>
  Type.Union(values.map((value) => Type.Literal(value)));

const policySchema = Type.Object({
  approval_policy: Type.Object({
    operations: Type.Array(literals(approvableOperations), { maxItems: approvableOperations.length }),
    request_hours: Type.Optional(Type.Integer({ minimum: 1, maximum: 168, default: 24 })),
    approver_ids: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100 })),
  }),
});

const statuses = ['pending', 'approved', 'refused', 'used', 'expired'] as const;
const listQuery = Type.Object({
  status: Type.Optional(literals(statuses)),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
});
const params = Type.Object({ approval_id: Type.String() });
const tags = ['extensions'];

/** Extensions: a second user's approval of operations that the account protects. */
export function approvalRoutes(iam: IamContext, api: Api): void {
  api.get('/v1/approvals/policy', { schema: { operationId: 'getApprovalPolicy', tags } }, async ({ actor }) =>
    presentPolicy(await getApprovalPolicy(iam, actor)),
  );
  api.put(
    '/v1/approvals/policy',
    { schema: { operationId: 'updateApprovalPolicy', tags, body: policySchema } },
    async ({ actor, body: { approval_policy } }) => {
      const { operations, request_hours, approver_ids: approverIds = [] } = approval_policy;
      const requestHours = request_hours ?? defaultApprovalPolicy.requestHours;
      const next = { operations: [...new Set(operations)], requestHours, approverIds };
      return presentPolicy(await setApprovalPolicy(iam, actor, next));
    },
  );
  api.get(
    '/v1/approvals',
    { schema: { operationId: 'listApprovals', tags, querystring: listQuery } },
    async ({ actor, query: { status, limit } }) => {
      const requests = await listApprovals(iam, actor, status, limit);
      return { approvals: requests.map((request) => present(request, iam.clock.nowMs())) };
    },
  );
  api.get(
    '/v1/approvals/:approval_id',
    { schema: { operationId: 'getApproval', tags, params } },
    async ({ actor, params: { approval_id } }) =>
      presentOne(await getApproval(iam, actor, approval_id), iam.clock.nowMs()),
  );
  api.post(
    '/v1/approvals/:approval_id/approve',
    { schema: { operationId: 'approveRequest', tags, params } },
    async ({ actor, params: { approval_id } }) =>
      presentOne(await approve(iam, actor, approval_id), iam.clock.nowMs()),
  );
  const refusal = Type.Object({ reason: Type.Optional(Type.String({ maxLength: 255 })) });
  api.post(
    '/v1/approvals/:approval_id/refuse',
    {
      config: { body: 'optional' },
      schema: { operationId: 'refuseRequest', tags, params, body: refusal },
    },
    async ({ actor, params: { approval_id }, body }) =>
      presentOne(await refuse(iam, actor, approval_id, body.reason), iam.clock.nowMs()),
  );
}

function presentPolicy({ operations, requestHours, approverIds }: ApprovalPolicy) {
  return { approval_policy: { operations, request_hours: requestHours, approver_ids: approverIds } };
}

function presentOne(request: ApprovalRequest, nowMs: number) {
  return { approval: present(request, nowMs) };
}

function present(request: ApprovalRequest, nowMs: number) {
  const { decidedBy, decidedAt } = request;
  return {
    approval_id: request.approvalId,
    status: statusAt(request, nowMs),
    operation: request.operation,
    description: operationWords[request.operation],
    action: request.action,
    resource: request.resource ?? null,
    requester: { id: request.requesterId, name: request.requesterName },
    request: { method: request.method, url: request.url, body: request.body, digest: request.digest },
    opened_at: formatMicroseconds(request.openedAt),
    expires_at: formatMicroseconds(request.expiresAt),
    decision: decidedBy
      ? {
          user: { id: decidedBy, name: request.decidedByName },
          at: formatMicroseconds(decidedAt!),
          reason: request.reason ?? null,
        }
      : null,
  };
}
