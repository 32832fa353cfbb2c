import type { Transaction } from '../platform/db/database.ts';
import type { AccessRequest, Actor, AuditEvent } from './actor.ts';

/** What the other capabilities need of identity. */
export interface Identity {
  /**
   * Resolves if the policies allow it; otherwise records the refusal durably and throws `AccessDenied`.
   * The decision itself is synchronous and in memory for the hot path.
   */
  authorize(actor: Actor, request: AccessRequest): Promise<void>;
  /** Writes the audit record of a change within the transaction that makes the change. */
  recordAudit(transaction: Transaction, actor: Actor, event: AuditEvent): Promise<void>;
  /** A named system actor of an account, for work that time starts. */
  systemActor(accountId: string, work: string): Actor;
  /** True if the enterprise project exists in the account ('0' always does). */
  enterpriseProjectExists(accountId: string, enterpriseProjectId: string): Promise<boolean>;
  /** True if the project exists in the account and is enabled; for services that have projects in their paths. */
  projectExists(accountId: string, projectId: string): Promise<boolean>;
}
