import type { Actor } from '../../iam/actor.ts';
import type { CertificateAuthority } from '../ca.ts';
import { pcaError } from '../errors.ts';
import { accessRequest, caResource, type PermissionName } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { findAuthority } from './authority-store.ts';

export function authorityNotFound() {
  return pcaError('PCA.00030102', 'ca_id does not name a CA of this account.');
}

/**
 * The CA, for an actor who may do this to it. Who may not is told so before being told whether it exists. Throws
 * AccessDenied, PCA.00030102.
 */
export async function loadAuthority(
  { database, identity }: Pick<PrivateCaPorts, 'database' | 'identity'>,
  actor: Actor,
  permission: PermissionName,
  caId: string,
): Promise<CertificateAuthority> {
  const ca = await findAuthority(database, actor.accountId, caId);
  const resource = caResource(actor.accountId, ca?.ca_id ?? caId);
  await identity.authorize(
    actor,
    accessRequest(permission, { resource, enterpriseProjectId: ca?.enterprise_project_id }),
  );
  if (ca === undefined) throw authorityNotFound();
  return ca;
}
