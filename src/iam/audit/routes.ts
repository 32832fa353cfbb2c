import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { defined } from '../defined.ts';
import { iamActions } from '../permissions.ts';
import type { AuditRecordTable } from '../tables.ts';
import { formatMicroseconds } from '../timestamps.ts';
import { recordIdAt } from './audit-trail.ts';
import { findAuditRecords } from './store.ts';

const text = Type.String({ minLength: 1, maxLength: 256 });
const auditQuery = Type.Object({
  from: Type.Optional(Type.Integer({ minimum: 0, description: 'Milliseconds since 1970, inclusive.' })),
  to: Type.Optional(Type.Integer({ minimum: 0, description: 'Milliseconds since 1970, exclusive.' })),
  principal_id: Type.Optional(text),
  action: Type.Optional(text),
  resource_type: Type.Optional(text),
  resource_id: Type.Optional(text),
  result: Type.Optional(
    Type.Union([Type.Literal('success'), Type.Literal('refused'), Type.Literal('failed')]),
  ),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  marker: Type.Optional(
    Type.String({ pattern: '^[0-9a-f]{32}$', description: 'next_marker of the page before.' }),
  ),
});

/** An extension: who did or tried what in the caller's account, newest first. */
export function auditRoutes(iam: IamContext, api: Api): void {
  api.get(
    '/v1/audit/records',
    { schema: { operationId: 'listAuditRecords', tags: ['extensions'], querystring: auditQuery } },
    async ({ actor, query }) => {
      await iam.accessControl.authorize(actor, { action: iamActions.listAudit });
      const { from, to, principal_id, action, resource_type, resource_id, result, limit, marker } = query;
      const end = to === undefined ? undefined : recordIdAt(to);
      const before = marker !== undefined && (end === undefined || marker < end) ? marker : end;
      const filter = defined({
        principalId: principal_id,
        action,
        resourceType: resource_type,
        resourceId: resource_id,
        result,
        from: from === undefined ? undefined : recordIdAt(from),
        before,
      });
      const records = await findAuditRecords(iam.database, actor.accountId, filter, limit + 1);
      const page = records.slice(0, limit);
      const next = records.length > limit ? page.at(-1)!.record_id : null;
      return { records: page.map(present), page_info: { next_marker: next, current_count: page.length } };
    },
  );
}

function present(record: AuditRecordTable) {
  return {
    record_id: record.record_id,
    time: formatMicroseconds(record.recorded_at),
    principal: { kind: record.principal_kind, id: record.principal_id, name: record.principal_name },
    access_key: record.access_key,
    source_ip: record.source_ip,
    request_id: record.request_id,
    action: record.action,
    resource: { type: record.resource_type, id: record.resource_id, name: record.resource_name },
    result: record.result,
    detail: record.detail,
  };
}
