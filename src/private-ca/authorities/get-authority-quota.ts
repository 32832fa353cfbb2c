import type { Actor } from '../../iam/actor.ts';
import { accessRequest } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { QuotaUse } from '../quota-store.ts';

export async function getAuthorityQuota(
  { database, identity, quotas }: Pick<PrivateCaPorts, 'database' | 'identity' | 'quotas'>,
  actor: Actor,
): Promise<QuotaUse> {
  await identity.authorize(actor, accessRequest('getAuthorityQuota'));
  return quotas.find(database, actor.accountId, 'CERTIFICATE_AUTHORITY');
}
