import type { Actor } from '../../iam/actor.ts';
import { accessRequest, caResource } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { type AuthoritySummary, findAuthoritySummary } from './authority-store.ts';
import { authorityNotFound } from './load-authority.ts';

/** Also of a CA that was issued from an external CSR, which no list shows. Throws PCA.00030102. */
export async function getAuthority(
  { database, identity }: Pick<PrivateCaPorts, 'database' | 'identity'>,
  actor: Actor,
  caId: string,
): Promise<AuthoritySummary> {
  const ca = await findAuthoritySummary(database, actor.accountId, caId);
  const resource = caResource(actor.accountId, ca?.ca_id ?? caId);
  await identity.authorize(
    actor,
    accessRequest('getAuthority', { resource, enterpriseProjectId: ca?.enterprise_project_id }),
  );
  if (ca === undefined) throw authorityNotFound();
  return ca;
}
