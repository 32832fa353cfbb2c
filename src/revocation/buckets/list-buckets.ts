import type { Actor } from '../../iam/index.ts';
import type { Bucket } from '../../object-storage/index.ts';
import { AccessDenied } from '../../platform/errors.ts';
import { pcaError } from '../../private-ca/index.ts';
import { agencyPermissions } from '../permissions.ts';
import type { PublicationPorts } from '../ports.ts';
import { actAsService, NotDelegated, requireNotDenied } from './agency.ts';

/** Reference 4.2.3.3, table 4-293. */
const mostBuckets = 256;

/**
 * The account's buckets as its agency shows them to the service; of the caller no permission is required (reference
 * 4.2.3.3), but a Deny of listing buckets holds. Throws AccessDenied, and PCA.00000006 without an agency that lets them be listed.
 */
export async function listBuckets(
  ports: Pick<PublicationPorts, 'agencies' | 'identity' | 'objectStorage'>,
  actor: Actor,
): Promise<{ readonly total: number; readonly buckets: readonly Bucket[] }> {
  const request = { action: agencyPermissions.listBuckets };
  await requireNotDenied(ports, actor, request);
  try {
    const service = await actAsService(ports, actor.accountId);
    await ports.identity.authorize(service, request);
  } catch (error) {
    if (!(error instanceof NotDelegated || error instanceof AccessDenied)) throw error;
    throw pcaError('PCA.00000006', error.message, { cause: error });
  }
  const buckets = await ports.objectStorage.listBuckets(actor.accountId);
  return { total: buckets.length, buckets: buckets.slice(0, mostBuckets) };
}
