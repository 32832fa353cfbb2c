import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import { caIdParams } from '../authorities/authority-schemas.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { getShares, setShares } from './manage-shares.ts';

const path = '/v1/private-certificate-authorities/:ca_id/shares';
const tags = ['Private CA'];
const noContent = { 204: Type.Unsafe<void>(Type.Unknown({ description: 'Done.' })) };

const sharesBody = Type.Object({
  account_ids: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
    minItems: 1,
    maxItems: 100,
    description: 'Accounts that may issue private certificates with the CA.',
  }),
});

const sharesResponse = Type.Object({
  shares: Type.Array(
    Type.Object({
      account_id: Type.String(),
      create_time: Type.Integer({ description: 'Milliseconds since 1970.' }),
    }),
  ),
});

/** An extension: the reference shares CAs by another service. */
export function shareRoutes(ports: PrivateCaPorts): (api: Api) => void {
  return (api) => {
    const common = { tags, params: caIdParams };
    const list = {
      ...common,
      operationId: 'listShares',
      summary: 'Query with whom a CA is shared (extension)',
    };
    const set = { ...common, operationId: 'setShares', summary: 'Share a CA with accounts (extension)' };
    const end = { ...common, operationId: 'deleteShares', summary: 'Share a CA with nobody (extension)' };
    api.get(path, { schema: { ...list, response: { 200: sharesResponse } } }, async ({ actor, params }) => {
      const shares = await getShares(ports, actor, params.ca_id);
      return {
        shares: shares.map(({ consumer_id, create_time }) => ({ account_id: consumer_id, create_time })),
      };
    });
    api.put(
      path,
      { schema: { ...set, body: sharesBody, response: noContent } },
      async ({ actor, body, params }, reply) => {
        await setShares(ports, actor, params.ca_id, body.account_ids);
        return reply.code(204).send();
      },
    );
    api.delete(path, { schema: { ...end, response: noContent } }, async ({ actor, params }, reply) => {
      await setShares(ports, actor, params.ca_id, []);
      return reply.code(204).send();
    });
  };
}
