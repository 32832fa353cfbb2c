import type { Clock } from '../platform/clock.ts';
import type { Database, Reader } from '../platform/db/index.ts';
import { AccessDenied } from '../platform/errors.ts';
import type { AccessRequest, Actor, ActorCredential } from './actor.ts';
import type { ApprovalGate } from './approvals/approval-gate.ts';
import type { AuditTrail } from './audit/audit-trail.ts';
import { currentGrants, type Standing } from './authentication/standing.ts';
import { isCriticalAction } from './critical-operations/critical-actions.ts';
import { protectionRefusal } from './critical-operations/operation-protection.ts';
import { unauthenticated } from './errors.ts';
import { type Decision, decide, type Grant } from './policies/decide.ts';
import type { SecuritySettings } from './security-policies/security-settings.ts';

interface AccessControlPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly audit: AuditTrail;
  readonly approvals: ApprovalGate;
  readonly security: SecuritySettings;
}

/** Decides what an actor may do. What policies grant is attached when the actor is authenticated, so deciding reads memory only. */
export class AccessControl {
  readonly #ports: AccessControlPorts;
  /** By the actor object itself: a copy or a made-up actor has no grants. */
  readonly #grants = new WeakMap<Actor, readonly Grant[]>();
  readonly #standings = new WeakMap<Actor, Standing>();
  /** Denied because judging them takes too long. */
  readonly #tooCostly = new WeakSet<AccessRequest>();
  readonly #refused = new WeakSet<Actor>();

  constructor(ports: AccessControlPorts) {
    this.#ports = ports;
  }

  /** `standing`: the credential of a request, by which the grants can be read again. */
  attach(actor: Actor, grants: readonly Grant[], standing?: Standing): void {
    this.#grants.set(actor, grants);
    if (standing) this.#standings.set(actor, standing);
  }

  /**
   * Reads again what policies grant to the actor of a request, for changes of identity that may have waited for others. Throws 401 if
   * the credential has ended since it was authenticated.
   */
  async renew(reader: Reader, actor: Actor): Promise<void> {
    const standing = this.#standings.get(actor);
    if (!standing) return;
    const grants = await currentGrants(reader, standing, this.#ports.clock.nowMs());
    if (!grants) throw unauthenticated();
    this.#grants.set(actor, grants);
  }

  /** The names of the policies that count for the actor, for the description of its token. */
  grantsOf(actor: Actor): readonly Grant[] {
    return this.#grants.get(actor) ?? [];
  }

  decide(actor: Actor, request: AccessRequest): Decision {
    if (actor.kind === 'system' || actor.isRoot) return 'allowed';
    return decide(this.grantsOf(actor), request, {
      projectId: actor.projectId,
      callerConditions: () => ({
        'g:CurrentTime': new Date(this.#ports.clock.nowMs()).toISOString(),
        'g:DomainId': actor.accountId,
        'g:DomainName': actor.accountName,
        'g:SourceIp': actor.sourceIp,
        'g:UserId': actor.principalId,
        'g:UserName': actor.principalName,
        ...secondFactorConditions(actor.credential, this.#ports.clock.nowMs()),
      }),
      onTooCostly: () => this.#tooCostly.add(request),
    });
  }

  /** See Identity.authorize. */
  async authorize(actor: Actor, request: AccessRequest): Promise<void> {
    const decision = this.decide(actor, request);
    if (decision !== 'allowed') await this.refuse(actor, request, decision);
    await this.requireSecondFactor(actor, request);
    const obstacle = await this.#ports.approvals.obstacle(actor, request);
    if (obstacle === undefined) return;
    await this.recordRefusal(actor, request.action, request.resource, obstacle);
    throw new AccessDenied(request.action, obstacle);
  }

  /**
   * Refuses a critical operation without the second factor that the actor's account asks for. The root user is asked too. `authorize`
   * includes this; it is asked apart for what is allowed otherwise than by a policy.
   */
  async requireSecondFactor(actor: Actor, request: AccessRequest): Promise<void> {
    const names = [request.action, ...(request.aliases ?? [])];
    const isCritical = request.isCritical ?? names.some(isCriticalAction);
    if (actor.kind === 'system' || !isCritical) return;
    const { operations } = await this.#ports.security.of(actor.accountId);
    const refusal = protectionRefusal(actor.credential, operations, this.#ports.clock.nowMs());
    if (refusal === undefined) return;
    await this.recordRefusal(actor, request.action, request.resource, refusal);
    throw new AccessDenied(request.action, refusal);
  }

  /** Refuses what a policy denies. Used where no Allow is needed, such as for what users do to themselves. */
  async requireNotDenied(actor: Actor, request: AccessRequest): Promise<void> {
    const decision = this.decide(actor, request);
    if (decision === 'denied explicitly') await this.refuse(actor, request, decision);
  }

  /** Records the refusal and throws AccessDenied. */
  async refuse(actor: Actor, request: AccessRequest, decision: Exclude<Decision, 'allowed'>): Promise<never> {
    const explanation = this.#explanationOf(request, decision);
    await this.recordRefusal(actor, request.action, request.resource, explanation);
    throw new AccessDenied(request.action, explanation);
  }

  #explanationOf(request: AccessRequest, decision: Exclude<Decision, 'allowed'>): string {
    const { action } = request;
    if (this.#tooCostly.has(request))
      return `${action} is denied: comparing its names with your policies takes too long. Use fewer or shorter names or patterns.`;
    return decision === 'denied explicitly'
      ? `${action} is denied by a policy.`
      : `${action} is not allowed by any policy.`;
  }

  /** Reports whether a refusal of the actor's request was recorded. */
  hasRefused(actor: Actor): boolean {
    return this.#refused.has(actor);
  }

  /** In a transaction of its own: the work that was refused has none. */
  async recordRefusal(
    actor: Actor,
    action: string,
    resourceId: string | undefined,
    detail: string,
  ): Promise<void> {
    const resourceType = action.split(':')[1] ?? '';
    this.#refused.add(actor);
    await this.#ports.database.transaction((transaction) =>
      this.#ports.audit.record(transaction, actor, {
        action,
        resourceType,
        resourceId,
        result: 'refused',
        detail,
      }),
    );
  }
}

/** The vendor's keys; the age is in seconds and absent without a second factor. */
function secondFactorConditions({ secondFactorAtMs }: ActorCredential, nowMs: number) {
  if (secondFactorAtMs === undefined) return { 'g:MFAPresent': 'false' };
  const seconds = Math.max(0, Math.floor((nowMs - secondFactorAtMs) / 1000));
  return { 'g:MFAPresent': 'true', 'g:MFAAge': String(seconds) };
}
