import type { Actor } from '../../iam/actor.ts';
import { accessRequest } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { QuotaUse } from '../quota-store.ts';

/** How many certificates the account has and may have, for who may ask in any of its enterprise projects. Throws AccessDenied. */
export async function getCertificateQuota(
  ports: Pick<PrivateCaPorts, 'database' | 'identity' | 'quotas'>,
  actor: Actor,
): Promise<QuotaUse> {
  await ports.identity.permittedEnterpriseProjects(actor, accessRequest('getCertificateQuota'));
  return ports.quotas.find(ports.database, actor.accountId, 'CERTIFICATE');
}
