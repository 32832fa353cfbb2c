import type { Updateable } from 'kysely';
import type { Actor } from '../../iam/actor.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { CertificateAuthority } from '../ca.ts';
import { pcaError } from '../errors.ts';
import { type PermissionName, permissions } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { updateAuthority } from './authority-store.ts';

/** Somebody else was faster; what the CA is now was not seen, so nothing is claimed about it. */
export function changedMeanwhile() {
  return pcaError('PCA.00030201', 'The CA was changed by another request at the same time.');
}

/** Writes a change and its audit record, unless the CA is no longer as it was seen (PCA.00030201). */
export async function changeAuthority(
  { identity }: Pick<PrivateCaPorts, 'identity'>,
  transaction: Transaction,
  actor: Actor,
  permission: PermissionName,
  seen: CertificateAuthority,
  changes: Updateable<CertificateAuthority>,
): Promise<void> {
  if (!(await updateAuthority(transaction, seen, changes))) throw changedMeanwhile();
  await recordAuthorityAudit({ identity }, transaction, actor, permission, {
    ca_id: seen.ca_id,
    common_name: changes.common_name ?? seen.common_name,
  });
}

export async function recordAuthorityAudit(
  { identity }: Pick<PrivateCaPorts, 'identity'>,
  transaction: Transaction,
  actor: Actor,
  permission: PermissionName,
  ca: Pick<CertificateAuthority, 'ca_id' | 'common_name'>,
  detail?: string,
): Promise<void> {
  await identity.recordAudit(transaction, actor, {
    action: permissions[permission].action,
    resourceType: 'ca',
    resourceId: ca.ca_id,
    resourceName: ca.common_name,
    result: 'success',
    ...(detail === undefined ? {} : { detail }),
  });
}
