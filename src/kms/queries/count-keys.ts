import { type LimitKind, readLimit } from '../../iam/index.ts';
import { authorize } from '../access.ts';
import type { KmsContext } from '../context.ts';
import { grantLimit, keyLimit } from '../limits.ts';
import type { Caller } from '../permissions.ts';
import { readUsedKeys } from '../quota-store.ts';

/** Customer keys of the project, whatever their state. */
export async function countInstances(context: KmsContext, caller: Caller): Promise<number> {
  await authorize(context, caller, 'getInstances');
  return await readUsedKeys(context.database, caller.actor.accountId, caller.projectId);
}

export interface QuotaUse {
  readonly type: 'CMK' | 'grant_per_CMK';
  readonly used: number;
  readonly quota: number;
}

/** Nothing is asked about a certain key, so no grants are counted. */
export async function getQuotas(context: KmsContext, caller: Caller): Promise<QuotaUse[]> {
  await authorize(context, caller, 'getQuotas');
  const used = await readUsedKeys(context.database, caller.actor.accountId, caller.projectId);
  const quotaOf = (limit: LimitKind, standard: number) =>
    readLimit(context.database, caller.actor.accountId, { ...limit, standard });
  return [
    { type: 'CMK', used, quota: await quotaOf(keyLimit, context.quotas.keys) },
    { type: 'grant_per_CMK', used: 0, quota: await quotaOf(grantLimit, context.quotas.grantsPerKey) },
  ];
}
