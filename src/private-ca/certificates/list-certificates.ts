import type { Actor } from '../../iam/actor.ts';
import { accessRequest } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { CertificateSummary } from './certificate.ts';
import {
  type CertificateQuery,
  countCertificates,
  listCertificates as listRows,
} from './certificate-store.ts';

export type CertificateListing = Omit<CertificateQuery, 'accountId' | 'nowMs'>;

/** One page of the account's certificates, and how many there are behind the filters. Throws AccessDenied. */
export async function listCertificates(
  ports: Pick<PrivateCaPorts, 'database' | 'clock' | 'identity' | 'quotas'>,
  actor: Actor,
  listing: CertificateListing,
): Promise<{ total: number; certificates: CertificateSummary[] }> {
  await ports.identity.authorize(actor, accessRequest('listCertificates'));
  const query = { ...listing, accountId: actor.accountId, nowMs: ports.clock.nowMs() };
  const [total, certificates] = await Promise.all([
    countOf(ports, query),
    query.limit === 0 ? [] : listRows(ports.database, query),
  ]);
  return { total, certificates };
}

/** Unfiltered, the quota has counted already: every certificate takes one and gives it back, in its own transaction. */
async function countOf(
  { database, quotas }: Pick<PrivateCaPorts, 'database' | 'quotas'>,
  query: CertificateQuery,
): Promise<number> {
  if (query.name !== undefined || query.status !== undefined) return countCertificates(database, query);
  return (await quotas.find(database, query.accountId, 'CERTIFICATE')).used;
}
