import type { Actor } from '../../iam/actor.ts';
import { accessRequest } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { QuotaUse } from '../quota-store.ts';

/** Of the account as a whole, for who may ask in any of its enterprise projects. Throws AccessDenied. */
export async function getAuthorityQuota(
  { database, identity, quotas }: Pick<PrivateCaPorts, 'database' | 'identity' | 'quotas'>,
  actor: Actor,
): Promise<QuotaUse> {
  await identity.permittedEnterpriseProjects(actor, accessRequest('getAuthorityQuota'));
  return quotas.find(database, actor.accountId, 'CERTIFICATE_AUTHORITY');
}
