import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import { caIdParams } from '../authorities/authority-schemas.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { issuancePolicySchema } from './issuance-policy.ts';
import { getPolicy, setPolicy } from './manage-policy.ts';

const path = '/v1/private-certificate-authorities/:ca_id/issuance-policy';
const tags = ['Private CA'];
/** Each of its lists with as many names, of as many ASCII letters, as may be. */
const policyBodyBytes = 384 * 1024;
const noContent = { 204: Type.Unsafe<void>(Type.Unknown({ description: 'Done.' })) };
const policyResponse = Type.Object({ issuance_policy: Type.Union([issuancePolicySchema, Type.Null()]) });

/** An extension: the reference has no policy of a CA. */
export function policyRoutes(ports: PrivateCaPorts): (api: Api) => void {
  return (api) => {
    api.get(
      path,
      {
        schema: {
          operationId: 'getIssuancePolicy',
          tags,
          summary: 'Query what a CA may issue (extension)',
          params: caIdParams,
          response: { 200: policyResponse },
        },
      },
      async ({ actor, params }) => ({
        issuance_policy: (await getPolicy(ports, actor, params.ca_id)) ?? null,
      }),
    );
    api.put(
      path,
      {
        config: { bodyLimitBytes: policyBodyBytes },
        schema: {
          operationId: 'setIssuancePolicy',
          tags,
          summary: 'Set what a CA may issue (extension)',
          params: caIdParams,
          body: issuancePolicySchema,
          response: noContent,
        },
      },
      async ({ actor, body, params }, reply) => {
        await setPolicy(ports, actor, params.ca_id, body);
        return reply.code(204).send();
      },
    );
    api.delete(
      path,
      {
        schema: {
          operationId: 'deleteIssuancePolicy',
          tags,
          summary: 'Let a CA issue everything again (extension)',
          params: caIdParams,
          response: noContent,
        },
      },
      async ({ actor, params }, reply) => {
        await setPolicy(ports, actor, params.ca_id, undefined);
        return reply.code(204).send();
      },
    );
  };
}
