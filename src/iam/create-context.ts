import { AccessControl } from './access-control.ts';
import { AuditTrail } from './audit/audit-trail.ts';
import { Authenticator } from './authentication/authenticator.ts';
import { FailureLock } from './authentication/failure-lock.ts';
import { IdentityVersion } from './authentication/fresh-cache.ts';
import { PrincipalLoader } from './authentication/principal.ts';
import type { IamContext, IamPorts } from './context.ts';
import { PasswordHasher } from './users/password-hash.ts';

export function createContext(ports: IamPorts): IamContext {
  const { database, clock, random } = ports;
  const version = new IdentityVersion();
  const principals = new PrincipalLoader(database, clock, version);
  const audit = new AuditTrail(ports);
  const accessControl = new AccessControl({ database, clock, audit });
  return {
    ...ports,
    version,
    principals,
    audit,
    accessControl,
    authenticator: new Authenticator({ ...ports, version, principals, accessControl }),
    passwords: new PasswordHasher(random, ports.passwordCost),
    loginLock: new FailureLock(clock),
  };
}
