import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { requireOwnDomain } from '../projects/routes.ts';
import { getSecurityPolicy, setSecurityPolicy } from '../security-policies/manage-security-policies.ts';
import { presentProtectPolicy, protectPolicySchema, readProtectPolicy } from './wire.ts';

const url = '/v3.0/OS-SECURITYPOLICY/domains/:domain_id/protect-policy';
const params = Type.Object({ domain_id: Type.String() });

export function operationProtectionRoutes(iam: IamContext, api: Api): void {
  api.get(
    url,
    { schema: { operationId: 'getProtectPolicy', tags: ['iam'], params } },
    async ({ actor, params: { domain_id } }) => {
      requireOwnDomain(actor, domain_id);
      return { protect_policy: presentProtectPolicy(await getSecurityPolicy(iam, actor, 'protect-policy')) };
    },
  );
  const body = Type.Object({ protect_policy: protectPolicySchema });
  api.put(
    url,
    { schema: { operationId: 'updateProtectPolicy', tags: ['iam'], params, body } },
    async (request) => {
      const { actor } = request;
      requireOwnDomain(actor, request.params.domain_id);
      const policy = await setSecurityPolicy(iam, actor, 'protect-policy', (current) =>
        readProtectPolicy(request.body.protect_policy, current),
      );
      return { protect_policy: presentProtectPolicy(policy) };
    },
  );
}
