import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { KmsContext } from '../context.ts';
import { callerOf } from '../request-caller.ts';
import { keyId, optionalText } from '../request-fields.ts';
import { listRegions, replicateKey, updatePrimaryRegion } from './regions.ts';

const tags = ['kms'];
const keyPath = Type.Object({ project_id: Type.String(), key_id: keyId });

export function regionRoutes(context: KmsContext, api: Api): void {
  const querystring = Type.Object({ limit: optionalText, offset: optionalText });
  api.get(
    '/v2/:project_id/kms/regions',
    { schema: { operationId: 'listSupportRegions', tags, querystring } },
    async (request) => {
      const { limit, offset } = request.query;
      return { regions: await listRegions(context, callerOf(request), { limit, offset }) };
    },
  );
  // Terraform sends no key_id beside that of the path.
  const primary = Type.Object({ key_id: Type.Optional(keyId), primary_region: Type.String() });
  api.put(
    '/v2/:project_id/kms/keys/:key_id/update-primary-region',
    { schema: { operationId: 'updatePrimaryRegion', tags, params: keyPath, body: primary } },
    async (request) => {
      const { key_id: id } = request.params;
      const { primary_region: region } = request.body;
      const updated = await updatePrimaryRegion(context, callerOf(request), id, region);
      return { key_id: updated.keyId, primary_region: updated.primaryRegion };
    },
  );
  const replica = Type.Object({
    key_id: keyId,
    replica_region: Type.String(),
    key_alias: Type.String(),
    replica_project_id: Type.String(),
  });
  api.post(
    '/v2/:project_id/kms/keys/:key_id/replicate',
    { schema: { operationId: 'replicateKey', tags, params: keyPath, body: replica } },
    async (request) => {
      const { replica_region: replicaRegion, key_alias: keyAlias } = request.body;
      const input = { reference: request.params.key_id, replicaRegion, keyAlias };
      return await replicateKey(context, callerOf(request), input);
    },
  );
}
