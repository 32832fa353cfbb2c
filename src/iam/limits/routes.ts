import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { type LimitInUse, listLimitsOf, listOwnLimits, setLimits } from './manage-limits.ts';

const highestLimit = 100_000_000;
const params = Type.Object({ account_id: Type.String() });
const wanted = Type.Object({
  limits: Type.Array(
    Type.Object({
      kind: Type.String({ maxLength: 64 }),
      limit: Type.Union([Type.Integer({ minimum: 0, maximum: highestLimit }), Type.Null()]),
    }),
    { minItems: 1, maxItems: 100 },
  ),
});

const present = (limits: readonly LimitInUse[]) => ({
  limits: limits.map(({ kind, what, per, limit, used }) => ({ kind, description: what, per, limit, used })),
});

/** An extension: how many rows of each kind an account may have. */
export function limitRoutes(iam: IamContext, api: Api): void {
  const tags = ['extensions'];
  const ofAccount = '/v1/accounts/:account_id/limits';
  api.get('/v1/limits', { schema: { operationId: 'listLimits', tags } }, async ({ actor }) =>
    present(await listOwnLimits(iam, actor)),
  );
  api.get(
    ofAccount,
    { schema: { operationId: 'listAccountLimits', tags, params } },
    async ({ actor, params: { account_id: id } }) => present(await listLimitsOf(iam, actor, id)),
  );
  api.put(
    ofAccount,
    { schema: { operationId: 'setAccountLimits', tags, params, body: wanted } },
    async ({ actor, params: { account_id: id }, body }) =>
      present(await setLimits(iam, actor, id, body.limits)),
  );
}
