import type { Clock } from '../../platform/clock.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { Random } from '../../platform/random.ts';
import type { Actor, AuditEvent } from '../actor.ts';
import { insertAuditRecord } from './store.ts';

/** First record id of a millisecond; ids sort by time. */
export function recordIdAt(ms: number): string {
  return ms.toString(16).padStart(12, '0').padEnd(32, '0');
}

/** Who did or tried what. */
export class AuditTrail {
  readonly #clock: Clock;
  readonly #random: Random;
  #lastMs = 0;
  #withinMs = 0;

  constructor(ports: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = ports.clock;
    this.#random = ports.random;
  }

  async record(transaction: Transaction, actor: Actor, event: AuditEvent): Promise<void> {
    const nowMs = this.#clock.nowMs();
    await insertAuditRecord(transaction, {
      record_id: this.#nextId(nowMs),
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

  /** 12 hexadecimal digits of time, 4 that keep the order within a millisecond of this node, 16 random ones. */
  #nextId(nowMs: number): string {
    this.#withinMs = nowMs === this.#lastMs ? (this.#withinMs + 1) & 0xffff : 0;
    this.#lastMs = nowMs;
    const order = this.#withinMs.toString(16).padStart(4, '0');
    return recordIdAt(nowMs).slice(0, 12) + order + Buffer.from(this.#random.bytes(8)).toString('hex');
  }
}
