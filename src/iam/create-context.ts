import { AccessControl } from './access-control.ts';
import { ApprovalGate } from './approvals/approval-gate.ts';
import { AuditTrail } from './audit/audit-trail.ts';
import { RepeatedRefusals } from './audit/repeated-refusals.ts';
import { AttemptLimiter } from './authentication/attempt-limiter.ts';
import { Authenticator } from './authentication/authenticator.ts';
import { IdentityVersion } from './authentication/fresh-cache.ts';
import { IdleUsers } from './authentication/idle-users.ts';
import { PrincipalLoader } from './authentication/principal.ts';
import type { IamContext, IamPorts } from './context.ts';
import { SecuritySettings } from './security-policies/security-settings.ts';
import { PasswordHasher } from './users/password-hash.ts';

export function createContext(ports: IamPorts): IamContext {
  const { database, clock, random } = ports;
  const version = new IdentityVersion();
  const security = new SecuritySettings(database, clock, version);
  const audit = new AuditTrail(ports);
  const idleUsers = new IdleUsers({ ...ports, audit, security });
  const principals = new PrincipalLoader({ database, clock, version, security, idleUsers });
  const approvals = new ApprovalGate({ ...ports, audit, security });
  const accessControl = new AccessControl({ database, clock, audit, security, approvals });
  const repeatedRefusals = new RepeatedRefusals({ clock, accessControl });
  return {
    ...ports,
    version,
    principals,
    security,
    audit,
    approvals,
    accessControl,
    repeatedRefusals,
    authenticator: new Authenticator({
      ...ports,
      version,
      principals,
      security,
      idleUsers,
      approvals,
      accessControl,
      repeatedRefusals,
    }),
    passwords: new PasswordHasher(random, ports.passwordCost),
    loginAttempts: new AttemptLimiter(clock),
  };
}
