import type { Transaction } from '../platform/db/database.ts';
import type { AccessRequest, Actor, AuditEvent } from './actor.ts';
import type { Decision } from './policies/decide.ts';

/** What the other capabilities need of identity. */
export interface Identity {
  /**
   * Resolves if the policies allow it; otherwise records the refusal durably and throws `AccessDenied`.
   * The decision itself is synchronous and in memory for the hot path.
   */
  authorize(actor: Actor, request: AccessRequest): Promise<void>;
  /**
   * What the actor's policies say, without a record: for rights that come from elsewhere, such as grants of keys. Those never
   * outweigh 'denied explicitly'. Synchronous and in memory.
   */
  decide(actor: Actor, request: AccessRequest): Decision;
  /**
   * Throws `AccessDenied`, recorded, for a critical request without the second factor that the account asks for. `authorize` includes
   * it; for rights that come from elsewhere.
   */
  requireSecondFactor(actor: Actor, request: AccessRequest): Promise<void>;
  /** Records the refusal durably and throws `AccessDenied`. */
  refuse(actor: Actor, request: AccessRequest, decision: Exclude<Decision, 'allowed'>): Promise<never>;
  /**
   * For lists, which are about no enterprise project in particular: those of which the actor may see the resources ('0' is one of
   * them), or `all` if none is left out. If there is none it records the refusal durably and throws `AccessDenied`.
   */
  permittedEnterpriseProjects(actor: Actor, request: AccessRequest): Promise<'all' | readonly string[]>;
  /** True for the account that was made first, whose users may look after what all accounts share. */
  isOperatorAccount(accountId: string): Promise<boolean>;
  /** Records a refusal that no policy of this action decided, and throws `AccessDenied` with the explanation. */
  refuseBecause(actor: Actor, action: string, explanation: string, resource?: string): Promise<never>;
  /** Writes the audit record of a change within the transaction that makes the change. */
  recordAudit(transaction: Transaction, actor: Actor, event: AuditEvent): Promise<void>;
  /** A named system actor of an account, for work that time starts. */
  systemActor(accountId: string, work: string): Actor;
  /** True if the account has the enterprise project ('0' always) and it is enabled: nothing new comes into a disabled one. */
  enterpriseProjectTakesNew(accountId: string, enterpriseProjectId: string): Promise<boolean>;
  /** True if the project exists in the account and is enabled; for services that have projects in their paths. */
  projectExists(accountId: string, projectId: string): Promise<boolean>;
  /** False if the project is gone; else it is not deleted before the transaction ends. For what is made in it. */
  holdProject(transaction: Transaction, accountId: string, projectId: string): Promise<boolean>;
}
