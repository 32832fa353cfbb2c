import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { KmsContext } from '../context.ts';
import { callerOf } from '../request-caller.ts';
import { keyId, optionalNumeric, optionalText, sequence } from '../request-fields.ts';
import { createGrant } from './create-grant.ts';
import { retireGrant, revokeGrant } from './end-grant.ts';
import { listGrants, listRetirableGrants } from './list-grants.ts';

const tags = ['kms'];

const newGrant = Type.Object({
  key_id: keyId,
  grantee_principal: Type.String(),
  operations: Type.Array(Type.String()),
  name: optionalText,
  retiring_principal: optionalText,
  grantee_principal_type: optionalText,
  sequence,
});

function creationRoute(context: KmsContext, api: Api): void {
  api.post(
    '/v1.0/:project_id/kms/create-grant',
    { schema: { operationId: 'createGrant', tags, body: newGrant } },
    async (request) => {
      const { body } = request;
      const grantId = await createGrant(context, callerOf(request), {
        reference: body.key_id,
        granteePrincipal: body.grantee_principal,
        granteePrincipalType: body.grantee_principal_type || undefined,
        operations: body.operations,
        name: body.name || undefined,
        retiringPrincipal: body.retiring_principal || undefined,
      });
      return { grant_id: grantId };
    },
  );
}

function endRoutes(context: KmsContext, api: Api): void {
  const body = Type.Object({ key_id: keyId, grant_id: Type.String(), sequence });
  for (const [path, operationId, end] of [
    ['revoke-grant', 'cancelGrant', revokeGrant],
    ['retire-grant', 'cancelSelfGrant', retireGrant],
  ] as const)
    api.post(`/v1.0/:project_id/kms/${path}`, { schema: { operationId, tags, body } }, async (request) => {
      await end(context, callerOf(request), request.body.key_id, request.body.grant_id);
      return {};
    });
}

function listRoutes(context: KmsContext, api: Api): void {
  const paging = { limit: optionalNumeric, marker: optionalNumeric, sequence };
  api.post(
    '/v1.0/:project_id/kms/list-grants',
    { schema: { operationId: 'listGrants', tags, body: Type.Object({ key_id: keyId, ...paging }) } },
    async (request) => {
      const { key_id: reference, limit, marker } = request.body;
      return await listGrants(context, callerOf(request), { reference, limit, marker });
    },
  );
  api.post(
    '/v1.0/:project_id/kms/list-retirable-grants',
    {
      config: { body: 'optional' },
      schema: { operationId: 'listRetirableGrants', tags, body: Type.Object(paging) },
    },
    async (request) => {
      const { limit, marker } = request.body;
      return await listRetirableGrants(context, callerOf(request), { limit, marker });
    },
  );
}

export function grantRoutes(context: KmsContext, api: Api): void {
  creationRoute(context, api);
  endRoutes(context, api);
  listRoutes(context, api);
}
