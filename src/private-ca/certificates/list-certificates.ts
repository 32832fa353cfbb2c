import type { Actor } from '../../iam/actor.ts';
import { accessRequest } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { CertificateSummary } from './certificate.ts';
import {
  type CertificateQuery,
  countCertificates,
  listCertificates as listRows,
} from './certificate-store.ts';

export type CertificateListing = Omit<CertificateQuery, 'accountId' | 'enterpriseProjectIds' | 'nowMs'>;

/**
 * One page of the account's certificates, of the enterprise projects that the actor may see, and how many there are behind the filters.
 * Throws AccessDenied.
 */
export async function listCertificates(
  ports: Pick<PrivateCaPorts, 'database' | 'clock' | 'identity' | 'quotas'>,
  actor: Actor,
  listing: CertificateListing,
): Promise<{ total: number; certificates: CertificateSummary[] }> {
  const request = accessRequest('listCertificates');
  const enterpriseProjectIds = await ports.identity.permittedEnterpriseProjects(actor, request);
  const { accountId } = actor;
  return readCertificates(ports, { ...listing, accountId, enterpriseProjectIds, nowMs: ports.clock.nowMs() });
}

/** As `listCertificates`, for an actor who may do this under another permission. */
export async function readCertificates(
  ports: CountingPorts,
  query: CertificateQuery,
): Promise<{ total: number; certificates: CertificateSummary[] }> {
  const certificates = query.limit === 0 ? [] : await listRows(ports.database, query);
  return { total: endOfList(query, certificates.length) ?? (await countOf(ports, query)), certificates };
}

/** A page that is not full ends the list, so nothing needs to be counted; one beyond the end says nothing. */
function endOfList({ offset, limit }: CertificateQuery, found: number): number | undefined {
  return found < limit && (found > 0 || offset === 0) ? offset + found : undefined;
}

type CountingPorts = Pick<PrivateCaPorts, 'database' | 'quotas'>;

/**
 * The quota has counted all already: every certificate takes one and gives it back, in its own transaction. Most are ISSUED, so
 * the others are counted.
 */
async function countOf({ database, quotas }: CountingPorts, query: CertificateQuery): Promise<number> {
  const isOfAll = query.enterpriseProjectIds === undefined || query.enterpriseProjectIds === 'all';
  const isIssued = query.status === undefined || query.status === 'ISSUED';
  const isCounted = isOfAll && query.name === undefined && isIssued;
  if (!isCounted) return countCertificates(database, query);
  const { used } = await quotas.find(database, query.accountId, 'CERTIFICATE');
  if (query.status === undefined) return used;
  const [expired, revoked] = await Promise.all([
    countCertificates(database, { ...query, status: 'EXPIRED' }),
    countCertificates(database, { ...query, status: 'REVOKED' }),
  ]);
  return used - expired - revoked;
}
