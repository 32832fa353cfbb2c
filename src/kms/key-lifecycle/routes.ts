import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { KmsContext } from '../context.ts';
import { callerOf } from '../request-caller.ts';
import { keyId, numeric, optionalText, sequence } from '../request-fields.ts';
import { cancelKeyDeletion } from './cancel-key-deletion.ts';
import { createKey } from './create-key.ts';
import { disableKey } from './disable-key.ts';
import { enableKey } from './enable-key.ts';
import { scheduleKeyDeletion } from './schedule-key-deletion.ts';
import { updateKeyAlias } from './update-key-alias.ts';
import { updateKeyDescription } from './update-key-description.ts';

const tags = ['kms'];

const newKey = Type.Object({
  key_alias: Type.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9:/_-]{1,255}$' }),
  key_spec: optionalText,
  key_usage: optionalText,
  key_description: Type.Optional(Type.String({ maxLength: 255 })),
  origin: optionalText,
  enterprise_project_id: optionalText,
  keystore_id: optionalText,
  sequence,
});

const operateKey = Type.Object({ key_id: keyId, sequence });

function createRoute(context: KmsContext, api: Api): void {
  api.post(
    '/v1.0/:project_id/kms/create-key',
    { schema: { operationId: 'createKey', tags, body: newKey } },
    async (request) => {
      const { body } = request;
      const created = await createKey(context, callerOf(request), {
        keyAlias: body.key_alias,
        ...(body.key_spec && { keySpec: body.key_spec }),
        ...(body.key_usage && { keyUsage: body.key_usage }),
        ...(body.key_description !== undefined && { keyDescription: body.key_description }),
        ...(body.origin && { origin: body.origin }),
        ...(body.enterprise_project_id && { enterpriseProjectId: body.enterprise_project_id }),
        ...(body.keystore_id && { keystoreId: body.keystore_id }),
      });
      return { key_info: { key_id: created.keyId, domain_id: created.accountId } };
    },
  );
}

function stateRoutes(context: KmsContext, api: Api): void {
  api.post(
    '/v1.0/:project_id/kms/enable-key',
    { schema: { operationId: 'enableKey', tags, body: operateKey } },
    async (request) => {
      const key = await enableKey(context, callerOf(request), request.body.key_id);
      return { key_info: { key_id: key.key_id, key_state: key.key_state } };
    },
  );
  api.post(
    '/v1.0/:project_id/kms/disable-key',
    { schema: { operationId: 'disableKey', tags, body: operateKey } },
    async (request) => {
      const key = await disableKey(context, callerOf(request), request.body.key_id);
      return { key_info: { key_id: key.key_id, key_state: key.key_state } };
    },
  );
}

function deletionRoutes(context: KmsContext, api: Api): void {
  const deletion = Type.Object({ key_id: keyId, pending_days: numeric, sequence });
  api.post(
    '/v1.0/:project_id/kms/schedule-key-deletion',
    { schema: { operationId: 'deleteKey', tags, body: deletion } },
    async (request) => {
      const { key_id: id, pending_days: days } = request.body;
      const key = await scheduleKeyDeletion(context, callerOf(request), id, String(days));
      return { key_id: key.key_id, key_state: key.key_state };
    },
  );
  api.post(
    '/v1.0/:project_id/kms/cancel-key-deletion',
    { schema: { operationId: 'cancelKeyDeletion', tags, body: operateKey } },
    async (request) => {
      const key = await cancelKeyDeletion(context, callerOf(request), request.body.key_id);
      return { key_id: key.key_id, key_state: key.key_state };
    },
  );
}

function namingRoutes(context: KmsContext, api: Api): void {
  const alias = Type.Object({ key_id: keyId, key_alias: Type.String(), sequence });
  api.post(
    '/v1.0/:project_id/kms/update-key-alias',
    { schema: { operationId: 'updateKeyAlias', tags, body: alias } },
    async (request) => {
      const { key_id: id, key_alias: keyAlias } = request.body;
      const key = await updateKeyAlias(context, callerOf(request), id, keyAlias);
      return { key_info: { key_id: key.key_id, key_alias: key.key_alias } };
    },
  );
  const description = Type.Object({
    key_id: keyId,
    key_description: Type.String({ maxLength: 255 }),
    sequence,
  });
  api.post(
    '/v1.0/:project_id/kms/update-key-description',
    { schema: { operationId: 'updateKeyDescription', tags, body: description } },
    async (request) => {
      const { key_id: id, key_description: text } = request.body;
      const key = await updateKeyDescription(context, callerOf(request), id, text);
      return { key_info: { key_id: key.key_id, key_description: key.key_description } };
    },
  );
}

export function keyLifecycleRoutes(context: KmsContext, api: Api): void {
  createRoute(context, api);
  stateRoutes(context, api);
  deletionRoutes(context, api);
  namingRoutes(context, api);
}
