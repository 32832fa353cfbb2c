import type { Transaction } from '../platform/db/database.ts';
import type { AccessRequest, Actor, AuditEvent } from './actor.ts';

/** What the other capabilities need of identity. */
export interface Identity {
  /**
   * Resolves if the policies allow it; otherwise records the refusal durably and throws `AccessDenied`.
   * The decision itself is synchronous and in memory for the hot path.
   */
  authorize(actor: Actor, request: AccessRequest): Promise<void>;
  /**
   * For lists, which are about no enterprise project in particular: those of which the actor may see the resources ('0' is one of
   * them), or `all` if none is left out. If there is none it records the refusal durably and throws `AccessDenied`.
   */
  permittedEnterpriseProjects(actor: Actor, request: AccessRequest): Promise<'all' | readonly string[]>;
  /** Writes the audit record of a change within the transaction that makes the change. */
  recordAudit(transaction: Transaction, actor: Actor, event: AuditEvent): Promise<void>;
  /** A named system actor of an account, for work that time starts. */
  systemActor(accountId: string, work: string): Actor;
  /** True if the enterprise project exists in the account ('0' always does). */
  enterpriseProjectExists(accountId: string, enterpriseProjectId: string): Promise<boolean>;
  /** True if the project exists in the account and is enabled; for services that have projects in their paths. */
  projectExists(accountId: string, projectId: string): Promise<boolean>;
}
