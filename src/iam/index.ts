import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AccessDenied } from '../platform/errors.ts';
import { bootstrap } from './accounts/bootstrap.ts';
import { type CreatedAccount, createAccount, type NewAccount } from './accounts/create-account.ts';
import { findAccount } from './accounts/store.ts';
import type { Actor } from './actor.ts';
import { createServiceAgencies } from './agencies/assume-service-agency.ts';
import { expireApprovals } from './approvals/expire-approvals.ts';
import type { TokenFault } from './authentication/authenticator.ts';
import type { IamPorts } from './context.ts';
import { createContext } from './create-context.ts';
import { permittedEnterpriseProjects } from './enterprise-projects/permitted-enterprise-projects.ts';
import { findEnterpriseProjects } from './enterprise-projects/store.ts';
import type { Identity } from './identity.ts';
import { holdProject } from './projects/store.ts';
import { authenticationHook } from './request-authentication.ts';
import { registerIamRoutes } from './routes.ts';
import { deleteExpiredChallenges } from './second-factor/passkeys/challenge-store.ts';
import type { ServiceAgencies } from './service-agencies.ts';
import { systemActor } from './system-actor.ts';
import { deleteExpiredSessions, expiredPageSize } from './tokens/store.ts';
import { findUserOfAnyAccount } from './users/store.ts';

/** Opens the secret of every access key, as a check of the database or of a backup. */
export { verifyAccessKeys } from './access-keys/verify-access-keys.ts';
/** How services put their questions to identity: their permissions, and what each is asked for. */
export {
  type AccessTarget,
  askFor,
  critical,
  type Permission,
  permission,
  type RequestedTags,
} from './access-question.ts';
export type { CreatedAccount, NewAccount } from './accounts/create-account.ts';
/** For the operator's commands: an account by its name, undefined if there is none. */
export { findAccountByName } from './accounts/store.ts';
export type { AccessRequest, Actor, AuditEvent } from './actor.ts';
/** For the operator's commands, which change the database without a running server: who did or tried what. */
export { AuditTrail } from './audit/audit-trail.ts';
export type { TokenFault } from './authentication/authenticator.ts';
export type { IamPorts } from './context.ts';
/** Describes the rows of other capabilities that a deletion would leave without their project, agency or bucket. */
export { type Dependent, describeDependents } from './dependents.ts';
/** How requests to any service name an enterprise project. */
export {
  defaultEnterpriseProjectId,
  enterpriseProjectPattern,
  namedEnterpriseProject,
} from './enterprise-projects/sent-enterprise-project.ts';
export type { Identity } from './identity.ts';
export { iamLimits } from './limits/iam-limits.ts';
/** Lets capabilities declare and hold their limits. */
export type { LimitDeclaration, LimitKind } from './limits/limit-kind.ts';
export { lockLimit, readLimit } from './limits/limit-store.ts';
/** The table of limits alone, for tests of capabilities on an identity double. */
export { limitMigrations } from './limits/migrations.ts';
export { expectRoom, fullText, requireRoom } from './limits/require-room.ts';
export { countRowsOf } from './limits/row-count-store.ts';
export { migrations } from './migrations.ts';
export type { Decision } from './policies/decide.ts';
/** For clients of the vendor's services: the Authorization header of a request. Pure; throws for a malformed URL. */
export { signRequest } from './request-signature/index.ts';
/** Removes the second factors that a root user has lost, for the operator's commands. */
export { resetSecondFactors } from './second-factor/reset-by-operator.ts';
export type { SecretWrapper } from './secret-wrapper.ts';
export type { ServiceAgencies, ServiceAgency } from './service-agencies.ts';
export { systemActor } from './system-actor.ts';
export type { CatalogService } from './tokens/catalog.ts';
export { identityVersions } from './version-routes.ts';

/** Identity as the rest of the program sees it. */
export interface Iam {
  readonly identity: Identity;
  readonly serviceAgencies: ServiceAgencies;
  /**
   * The `authenticate` of `registerApi`: sets `request.actor`, or throws the service's own answer to a token's fault or the
   * gateway's 401 (APIGW.0301) to a signature's.
   */
  authenticate(tokenFault: (fault: TokenFault) => Error): (request: FastifyRequest) => Promise<void>;
  /** Adds every route of identity. */
  register(app: FastifyInstance): Promise<void>;
  /**
   * Makes the first account, with its root user, project and access key; undefined if there is one already. `keep` is called before
   * they are committed; if it throws there is no account.
   */
  bootstrap(
    first: NewAccount,
    keep?: (created: CreatedAccount) => Promise<void>,
  ): Promise<CreatedAccount | undefined>;
  /** Whether there is such a user, or account, of whichever tenant: for what may name another's, as a grant does. */
  principalExists(type: 'user' | 'domain', principalId: string): Promise<boolean>;
  /** Opens a further account; 403 unless the actor is the root user of the first. */
  createAccount(actor: Actor, input: NewAccount): Promise<CreatedAccount>;
  /** Removes sessions past their end, which are refused anyway; answers how many. To be called from time to time. */
  removeExpiredSessions(): Promise<number>;
  /** Records which requests for a second user's approval have expired. To be called from time to time. */
  expireApprovals(): Promise<void>;
}

export function createIam(ports: IamPorts): Iam {
  const iam = createContext(ports);
  const identity: Identity = {
    authorize: (actor, request) => iam.accessControl.authorize(actor, request),
    decide: (actor, request) => iam.accessControl.decide(actor, request),
    requireSecondFactor: (actor, request) => iam.accessControl.requireSecondFactor(actor, request),
    refuse: (actor, request, decision) => iam.accessControl.refuse(actor, request, decision),
    permittedEnterpriseProjects: (actor, request) => permittedEnterpriseProjects(iam, actor, request),
    recordAudit: (transaction, actor, event) => iam.audit.record(transaction, actor, event),
    systemActor,
    isOperatorAccount: async (accountId) => (await findAccount(iam.database, accountId))?.operator === 1,
    async refuseBecause(actor, action, explanation, resource) {
      await iam.accessControl.recordRefusal(actor, action, resource, explanation);
      throw new AccessDenied(action, explanation);
    },
    projectExists: (accountId, projectId) => iam.authenticator.projectExists(accountId, projectId),
    holdProject,
    async enterpriseProjectTakesNew(accountId, id) {
      const wanted = { id, enabled: true };
      return id === '0' || (await findEnterpriseProjects(iam.database, accountId, wanted)).length > 0;
    },
  };
  return {
    identity,
    serviceAgencies: createServiceAgencies(iam),
    authenticate: (tokenFault) => authenticationHook(iam, tokenFault),
    register: (app) => registerIamRoutes(app, iam),
    bootstrap: (first, keep) => bootstrap(iam, first, keep),
    async principalExists(type, principalId) {
      const find = type === 'user' ? findUserOfAnyAccount : findAccount;
      return (await find(iam.database, principalId)) !== undefined;
    },
    createAccount: (actor, input) => createAccount(iam, actor, input),
    expireApprovals: () => expireApprovals(iam),
    async removeExpiredSessions() {
      await iam.repeatedRefusals.flush();
      await iam.database.transaction((transaction) =>
        deleteExpiredChallenges(transaction, iam.machineClock.nowMs()),
      );
      for (let removed = 0; ; ) {
        const page = await iam.database.transaction((transaction) =>
          deleteExpiredSessions(transaction, iam.clock.nowMs()),
        );
        removed += page;
        if (page < expiredPageSize) return removed;
      }
    },
  };
}
