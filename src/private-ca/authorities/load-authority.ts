import type { AccessRequest, Actor } from '../../iam/actor.ts';
import type { CertificateAuthority } from '../ca.ts';
import { pcaError } from '../errors.ts';
import {
  type AccessTarget,
  accessRequest,
  asksForTags,
  caTarget,
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
/** By its id alone: a CA that the account does not have, or that the owner shares with it. */
interface UnknownAuthority {
  readonly notFound: string;
  readonly ownerId?: string | undefined;
}

type FurtherTarget = Pick<AccessTarget, 'requestedTags' | 'subjectNames' | 'approval'>;

/**
 * The question to identity whether the actor may do this to the CA, of which only the id is known if it is not found. `target` goes
 * before what the CA says.
 */
export async function questionAbout(
  { database }: Pick<PrivateCaPorts, 'database'>,
  { accountId }: Actor,
  permission: PermissionName,
  ca: AskedAuthority | UnknownAuthority,
  target: AccessTarget = {},
): Promise<AccessRequest> {
  const known =
    'notFound' in ca
      ? caTarget(accountId, ca.notFound.toLowerCase(), ca.ownerId)
      : {
          ...caTarget(accountId, ca.ca_id),
          enterpriseProjectId: ca.enterprise_project_id,
          // A purchased CA has none yet.
          subjectNames: ca.common_name === '' ? [] : [`CN:${ca.common_name}`],
          ...(permission === 'deleteAuthority' &&
            ca.type === 'ROOT' && { approval: 'delete-root-ca' as const }),
          ...(asksForTags(permission) && { resourceTags: await listTags(database, ca.ca_id) }),
        };
  return accessRequest(permission, { ...known, ...target });
}

/** Throws AccessDenied unless the actor may do this to the CA: see `questionAbout`. */
export async function authorizeOnAuthority(
  ports: Pick<PrivateCaPorts, 'database' | 'identity'>,
  actor: Actor,
  permission: PermissionName,
  ca: AskedAuthority | UnknownAuthority,
  target: AccessTarget = {},
): Promise<void> {
  await ports.identity.authorize(actor, await questionAbout(ports, actor, permission, ca, target));
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
  const shared = own ? undefined : await findSharedAuthority(ports.database, actor.accountId, caId);
  await authorizeOnAuthority(
    ports,
    actor,
    permission,
    own ?? { notFound: caId, ownerId: shared?.account_id },
  );
  const ca = own ?? shared;
  if (ca === undefined) throw authorityNotFound();
  return ca;
}
