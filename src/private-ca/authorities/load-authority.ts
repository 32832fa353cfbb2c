import type { Actor } from '../../iam/actor.ts';
import type { CertificateAuthority } from '../ca.ts';
import { pcaError } from '../errors.ts';
import {
  type AccessTarget,
  accessRequest,
  asksForTags,
  caResource,
  type PermissionName,
} from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { findSharedAuthority } from '../sharing/shared-authority.ts';
import { listTags } from '../tags/tag-store.ts';
import { findAuthority } from './authority-store.ts';

export function authorityNotFound() {
  return pcaError('PCA.00030102', 'ca_id does not name a CA of this account.');
}

type AskedAuthority = Pick<CertificateAuthority, 'ca_id' | 'enterprise_project_id' | 'common_name' | 'type'>;
type FurtherTarget = Pick<AccessTarget, 'requestedTags' | 'subjectNames' | 'approval'>;

/**
 * Throws AccessDenied unless the actor may do this to the CA, of which only the id is known if it is not found; of what another
 * account has nothing shows. `target` goes before what the CA says.
 */
export async function authorizeOnAuthority(
  { database, identity }: Pick<PrivateCaPorts, 'database' | 'identity'>,
  actor: Actor,
  permission: PermissionName,
  ca: AskedAuthority | { readonly notFound: string },
  target: AccessTarget = {},
): Promise<void> {
  const known =
    'notFound' in ca
      ? { resource: caResource(actor.accountId, ca.notFound) }
      : {
          resource: caResource(actor.accountId, ca.ca_id),
          enterpriseProjectId: ca.enterprise_project_id,
          // A purchased CA has none yet.
          subjectNames: ca.common_name === '' ? [] : [`CN:${ca.common_name}`],
          ...(permission === 'deleteAuthority' &&
            ca.type === 'ROOT' && { approval: 'delete-root-ca' as const }),
          ...(asksForTags(permission) && { resourceTags: await listTags(database, ca.ca_id) }),
        };
  await identity.authorize(actor, accessRequest(permission, { ...known, ...target }));
}

/**
 * The CA, for an actor who may do this to it. Who may not is told so before being told whether it exists. Throws
 * AccessDenied, PCA.00030102.
 */
export async function loadAuthority(
  ports: Pick<PrivateCaPorts, 'database' | 'identity'>,
  actor: Actor,
  permission: PermissionName,
  caId: string,
  target: FurtherTarget = {},
): Promise<CertificateAuthority> {
  const ca = await findAuthority(ports.database, actor.accountId, caId);
  await authorizeOnAuthority(ports, actor, permission, ca ?? { notFound: caId }, target);
  if (ca === undefined) throw authorityNotFound();
  return ca;
}

/** As `loadAuthority`, for what may also be done with a CA that another account shares. */
export async function loadAuthorityOrShared(
  ports: Pick<PrivateCaPorts, 'database' | 'identity'>,
  actor: Actor,
  permission: PermissionName,
  caId: string,
): Promise<CertificateAuthority> {
  const own = await findAuthority(ports.database, actor.accountId, caId);
  await authorizeOnAuthority(ports, actor, permission, own ?? { notFound: caId });
  const ca = own ?? (await findSharedAuthority(ports.database, actor.accountId, caId));
  if (ca === undefined) throw authorityNotFound();
  return ca;
}
