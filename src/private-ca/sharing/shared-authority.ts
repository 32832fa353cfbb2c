import type { Reader } from '../../platform/db/index.ts';
import {
  type AuthoritySummary,
  findAuthority,
  findAuthoritySummary,
} from '../authorities/authority-store.ts';
import type { CertificateAuthority } from '../ca.ts';
import { findSharingOwner } from './share-store.ts';

/** What of a CA concerns its owner only. */
const ownersOwn = { enterprise_project_id: '0', order_id: null, hsm_cluster_id: null } as const;

/** As who it is shared with may see it. */
export function asShared<Ca extends AuthoritySummary>(ca: Ca): Ca {
  return { ...ca, ...ownersOwn };
}

/** Another account's CA that is shared with this one. */
export async function findSharedAuthority(
  reader: Reader,
  consumerId: string,
  caId: string,
): Promise<CertificateAuthority | undefined> {
  const owner = await findSharingOwner(reader, consumerId, caId);
  return owner === undefined ? undefined : findAuthority(reader, owner, caId);
}

/** As `findSharedAuthority`, without its certificates. */
export async function findSharedSummary(
  reader: Reader,
  consumerId: string,
  caId: string,
): Promise<AuthoritySummary | undefined> {
  const owner = await findSharingOwner(reader, consumerId, caId);
  return owner === undefined ? undefined : findAuthoritySummary(reader, owner, caId);
}
