import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/db/index.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { AccessControl } from './access-control.ts';
import type { ApprovalGate } from './approvals/approval-gate.ts';
import type { AuditTrail } from './audit/audit-trail.ts';
import type { RepeatedRefusals } from './audit/repeated-refusals.ts';
import type { AttemptLimiter } from './authentication/attempt-limiter.ts';
import type { Authenticator } from './authentication/authenticator.ts';
import type { IdentityVersion } from './authentication/fresh-cache.ts';
import type { PrincipalLoader } from './authentication/principal.ts';
import type { Dependent } from './dependents.ts';
import type { LimitDeclaration } from './limits/limit-kind.ts';
import type { SecretWrapper } from './secret-wrapper.ts';
import type { SecuritySettings } from './security-policies/security-settings.ts';
import type { CatalogService } from './tokens/catalog.ts';
import type { PasswordHasher, ScryptCost } from './users/password-hash.ts';

/** What identity needs from outside. */
export interface IamPorts {
  readonly database: Database;
  readonly clock: Clock;
  /** What the dates of signatures are compared with: clients sign by their own machine's time, which the dev clock does not move. */
  readonly machineClock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly secretWrapper: SecretWrapper;
  /** `https://host:port`, without a slash at the end; goes into links and the catalog. */
  readonly publicUrl: string;
  /** The services of the catalog, in its order. */
  readonly services: readonly CatalogService[];
  /** Limits on rows of the other capabilities. */
  readonly limits?: readonly LimitDeclaration[];
  /** Rows of other capabilities that need a project or an agency. */
  readonly dependents?: readonly Dependent[];
  /** Cheaper than the default in tests only. */
  readonly passwordCost?: ScryptCost;
}

/** What the verbs of identity work with. */
export interface IamContext extends IamPorts {
  readonly version: IdentityVersion;
  readonly principals: PrincipalLoader;
  readonly security: SecuritySettings;
  readonly audit: AuditTrail;
  readonly approvals: ApprovalGate;
  readonly accessControl: AccessControl;
  readonly repeatedRefusals: RepeatedRefusals;
  readonly authenticator: Authenticator;
  readonly passwords: PasswordHasher;
  readonly loginAttempts: AttemptLimiter;
}
