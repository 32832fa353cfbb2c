import type { Actor } from '../../iam/actor.ts';
import { namedEnterpriseProject } from '../enterprise-project.ts';
import { accessRequest } from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { type CertificateSummary, findSummaries } from './certificate-store.ts';
import { type CertificateFilter, type CertificatePage, countCertificates, listIds } from './list-store.ts';

type ListPorts = Pick<SslCertificatesPorts, 'database' | 'identity' | 'clock'>;

export interface CertificateListing
  extends CertificatePage,
    Omit<CertificateFilter, 'accountId' | 'nowMs' | 'enterpriseProjectIds'> {
  /** As sent: absent, empty and `all` are every project of which the actor may see the certificates. */
  readonly enterpriseProjectId: string | undefined;
}

/** One page, and how many there are on all of them. Throws AccessDenied. */
export async function listCertificates(
  { database, identity, clock }: ListPorts,
  actor: Actor,
  { enterpriseProjectId, sortKey, sortDirection, offset, limit, ...filter }: CertificateListing,
): Promise<{ readonly total: number; readonly certificates: readonly CertificateSummary[] }> {
  const { accountId } = actor;
  const enterpriseProjectIds = await permittedProjects(identity, actor, enterpriseProjectId);
  const asked = { ...filter, accountId, enterpriseProjectIds, nowMs: clock.nowMs() };
  const ids = await listIds(database, asked, { sortKey, sortDirection, offset, limit });
  const certificates = await findSummaries(database, accountId, ids);
  // A page that is not full ends the list; one beyond the end says nothing.
  const isLast = ids.length < limit && (ids.length > 0 || offset === 0);
  const total = isLast ? offset + ids.length : await countCertificates(database, asked);
  return { total, certificates };
}

async function permittedProjects(
  identity: ListPorts['identity'],
  actor: Actor,
  sent: string | undefined,
): Promise<CertificateFilter['enterpriseProjectIds']> {
  const enterpriseProjectId = namedEnterpriseProject(sent);
  if (enterpriseProjectId === undefined)
    return identity.permittedEnterpriseProjects(actor, accessRequest('listCertificates'));
  await identity.authorize(actor, accessRequest('listCertificates', { enterpriseProjectId }));
  return [enterpriseProjectId];
}
