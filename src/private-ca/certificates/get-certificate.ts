import type { Actor } from '../../iam/actor.ts';
import { pcaError } from '../errors.ts';
import { type AccessTarget, accessRequest, type PermissionName } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { CertificateSummary, PrivateCertificate } from './certificate.ts';
import { findCertificate, findCertificateSummary } from './certificate-store.ts';

type ReadPorts = Pick<PrivateCaPorts, 'database' | 'identity'>;

/** Asks for the permission even where there is nothing, so that who may not look learns nothing from the answer. */
async function authorized<Row extends { enterprise_project_id: string }>(
  { identity }: ReadPorts,
  actor: Actor,
  permission: PermissionName,
  found: Row | undefined,
  target: Pick<AccessTarget, 'requestedTags'> = {},
): Promise<Row> {
  await identity.authorize(
    actor,
    accessRequest(permission, { enterpriseProjectId: found?.enterprise_project_id, ...target }),
  );
  if (found === undefined) throw pcaError('PCA.00030102');
  return found;
}

/** A certificate's details. Throws AccessDenied and PCA.00030102. */
export async function getCertificate(
  ports: ReadPorts,
  actor: Actor,
  certificateId: string,
): Promise<CertificateSummary> {
  const found = await findCertificateSummary(ports.database, actor.accountId, certificateId);
  return authorized(ports, actor, 'getCertificate', found);
}

/** The whole row, for an operation with a permission of its own. Throws AccessDenied and PCA.00030102. */
export async function getAuthorizedCertificate(
  ports: ReadPorts,
  actor: Actor,
  permission: PermissionName,
  certificateId: string,
  target: Pick<AccessTarget, 'requestedTags'> = {},
): Promise<PrivateCertificate> {
  const found = await findCertificate(ports.database, actor.accountId, certificateId);
  return authorized(ports, actor, permission, found, target);
}
