import { isIP } from 'node:net';
import type { Actor } from '../../iam/actor.ts';
import { allowedStatuses, shownStatus } from '../certificate-status.ts';
import { separatedNames } from '../csrs/bound-name.ts';
import { scmError } from '../errors.ts';
import {
  type AccessTarget,
  accessRequest,
  asksForTags,
  certificateResource,
  type PermissionName,
} from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { tagsOf } from '../tags/tag-store.ts';
import { findCertificate, type SslCertificate } from './certificate-store.ts';

type Ports = Pick<SslCertificatesPorts, 'database' | 'identity'>;

/**
 * The certificate, for an actor who may do this to it. Who may not is told so before being told whether it exists. Throws
 * AccessDenied, SCM.0094.
 */
export async function loadCertificate(
  { database, identity }: Ports,
  actor: Actor,
  permission: PermissionName,
  certificateId: string,
  target: Pick<AccessTarget, 'requestedTags' | 'subjectNames'> = {},
): Promise<SslCertificate> {
  const certificate = await findCertificate(database, actor.accountId, certificateId);
  const known = certificate && {
    enterpriseProjectId: certificate.enterprise_project_id,
    subjectNames: typedNames([certificate.domain, ...separatedNames(certificate.sans)]),
    ...(asksForTags(permission) && { resourceTags: await tagsOf(database, certificateId) }),
  };
  const resource = certificateResource(actor.accountId, certificateId);
  await identity.authorize(actor, accessRequest(permission, { resource, ...known, ...target }));
  if (!certificate) throw certificateNotFound(certificateId);
  return certificate;
}

/** Names of hosts as conditions have them: `<type>:<name>`. Before an application there are none. */
export function typedNames(names: readonly string[]): string[] {
  return names.filter((name) => name !== '').map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`);
}

export function certificateNotFound(certificateId: string) {
  return scmError('SCM.0094', `${certificateId} does not name a certificate of this account.`);
}

/** Throws SCM.0010, naming the state and those in which the operation is allowed. */
export function requireStatus(
  operation: keyof typeof allowedStatuses,
  certificate: SslCertificate,
  nowMs: number,
): void {
  const status = shownStatus(certificate, nowMs);
  const allowed: readonly string[] = allowedStatuses[operation];
  if (allowed.includes(status)) return;
  throw scmError('SCM.0010', `The certificate is ${status}; it has to be ${allowed.join(' or ')}.`);
}
