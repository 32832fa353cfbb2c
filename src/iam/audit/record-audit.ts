import type { Clock } from '../../platform/clock.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { Random } from '../../platform/random.ts';
import type { Actor, AuditEvent } from '../actor.ts';
import { insertAuditRecord } from './store.ts';

/** First record id of a millisecond; ids sort by time. */
export function recordIdAt(ms: number): string {
  return ms.toString(16).padStart(12, '0').padEnd(32, '0');
}

export async function recordAudit(
  ports: { readonly clock: Clock; readonly random: Random },
  transaction: Transaction,
  actor: Actor,
  event: AuditEvent,
): Promise<void> {
  const nowMs = ports.clock.nowMs();
  const unique = Buffer.from(ports.random.bytes(10)).toString('hex');
  await insertAuditRecord(transaction, {
    record_id: recordIdAt(nowMs).slice(0, 12) + unique,
    account_id: actor.accountId,
    recorded_at: nowMs,
    principal_kind: actor.kind,
    principal_id: actor.principalId,
    principal_name: actor.principalName,
    access_key: actor.accessKeyId ?? null,
    source_ip: actor.sourceIp ?? null,
    request_id: actor.requestId,
    action: event.action,
    resource_type: event.resourceType,
    resource_id: event.resourceId ?? null,
    resource_name: event.resourceName ?? null,
    result: event.result,
    detail: event.detail ?? null,
  });
}
