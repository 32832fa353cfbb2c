import type { Actor } from '../../iam/actor.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { type AuthoritySummary, findAuthoritySummary } from './authority-store.ts';
import { authorityNotFound, authorizeOnAuthority } from './load-authority.ts';

/** Also of a CA that was issued from an external CSR, which no list shows. Throws PCA.00030102. */
export async function getAuthority(
  ports: Pick<PrivateCaPorts, 'database' | 'identity'>,
  actor: Actor,
  caId: string,
): Promise<AuthoritySummary> {
  const ca = await findAuthoritySummary(ports.database, actor.accountId, caId);
  await authorizeOnAuthority(ports, actor, 'getAuthority', ca ?? { notFound: caId });
  if (ca === undefined) throw authorityNotFound();
  return ca;
}
