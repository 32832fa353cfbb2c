import type { Actor } from '../../iam/actor.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { asShared, findSharedSummary } from '../sharing/shared-authority.ts';
import { type AuthoritySummary, findAuthoritySummary } from './authority-store.ts';
import { authorityNotFound, authorizeOnAuthority } from './load-authority.ts';

/** Also of a CA that was issued from an external CSR, which no list shows, and of one that is shared with the account. Throws PCA.00030102. */
export async function getAuthority(
  ports: Pick<PrivateCaPorts, 'database' | 'identity'>,
  actor: Actor,
  caId: string,
): Promise<AuthoritySummary> {
  const ca = await findAuthoritySummary(ports.database, actor.accountId, caId);
  const shared = ca ? undefined : await findSharedSummary(ports.database, actor.accountId, caId);
  const unknown = { notFound: caId, ownerId: shared?.account_id };
  await authorizeOnAuthority(ports, actor, 'getAuthority', ca ?? unknown);
  if (ca !== undefined) return ca;
  if (shared === undefined) throw authorityNotFound();
  return asShared(shared);
}
