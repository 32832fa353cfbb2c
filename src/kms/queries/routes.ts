import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { KmsContext } from '../context.ts';
import { callerOf } from '../request-caller.ts';
import { keyIdOrAlias, optionalNumeric, optionalText, sequence } from '../request-fields.ts';
import { countInstances, getQuotas } from './count-keys.ts';
import { describeKey } from './describe-key.ts';
import { getPublicKey } from './get-public-key.ts';
import { presentKeyDetails } from './key-details.ts';
import { listKeys } from './list-keys.ts';
import { presentPage } from './page.ts';

const tags = ['kms'];
const byName = Type.Object({ key_id: keyIdOrAlias, sequence });

const listing = Type.Object({
  limit: optionalNumeric,
  marker: optionalNumeric,
  key_state: optionalText,
  key_spec: optionalText,
  enterprise_project_id: optionalText,
  sequence,
});

function listRoute(context: KmsContext, api: Api): void {
  api.post(
    '/v1.0/:project_id/kms/list-keys',
    { config: { body: 'optional' }, schema: { operationId: 'listKeys', tags, body: listing } },
    async (request) => {
      const { body } = request;
      const { rows, total, page } = await listKeys(context, callerOf(request), {
        limit: body.limit,
        marker: body.marker,
        keyState: body.key_state || undefined,
        keySpec: body.key_spec || undefined,
        enterpriseProjectId: body.enterprise_project_id || undefined,
      });
      return {
        keys: rows.map((key) => key.key_id),
        key_details: rows.map((key) => presentKeyDetails(key, context.region, context.clock)),
        ...presentPage(page, rows.length, total),
      };
    },
  );
}

function keyRoutes(context: KmsContext, api: Api): void {
  api.post(
    '/v1.0/:project_id/kms/describe-key',
    { schema: { operationId: 'listKeyDetail', tags, body: byName } },
    async (request) => {
      const key = await describeKey(context, callerOf(request), request.body.key_id);
      return { key_info: presentKeyDetails(key, context.region, context.clock) };
    },
  );
  api.post(
    '/v1.0/:project_id/kms/get-publickey',
    { schema: { operationId: 'showPublicKey', tags, body: byName } },
    async (request) => {
      const found = await getPublicKey(context, callerOf(request), request.body.key_id);
      return { key_id: found.keyId, public_key: found.publicKeyPem };
    },
  );
}

function countRoutes(context: KmsContext, api: Api): void {
  api.get(
    '/v1.0/:project_id/kms/user-instances',
    { schema: { operationId: 'showUserInstances', tags } },
    async (request) => ({ instance_num: await countInstances(context, callerOf(request)) }),
  );
  api.get(
    '/v1.0/:project_id/kms/user-quotas',
    { schema: { operationId: 'showUserQuotas', tags } },
    async (request) => ({ quotas: { resources: await getQuotas(context, callerOf(request)) } }),
  );
}

export function queryRoutes(context: KmsContext, api: Api): void {
  listRoute(context, api);
  keyRoutes(context, api);
  countRoutes(context, api);
}
