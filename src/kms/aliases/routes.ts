import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { KmsContext } from '../context.ts';
import { callerOf } from '../request-caller.ts';
import { keyId, optionalText } from '../request-fields.ts';
import type { AliasTable } from '../tables.ts';
import { associateAlias } from './associate-alias.ts';
import { createAlias } from './create-alias.ts';
import { deleteAliases } from './delete-aliases.ts';
import { listAliases } from './list-aliases.ts';

const tags = ['kms'];

/** Whole seconds, as in the reference's examples. */
function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function presentAlias(context: KmsContext, alias: AliasTable) {
  return {
    domain_id: alias.account_id,
    key_id: alias.key_id,
    alias: alias.alias,
    alias_urn: `kms:${context.region}:${alias.account_id}:alias:${alias.name}`,
    create_time: timeText(alias.created_at),
    update_time: timeText(alias.updated_at),
  };
}

function changeRoutes(context: KmsContext, api: Api): void {
  api.post(
    '/v1.0/:project_id/kms/aliases',
    {
      schema: {
        operationId: 'createAlias',
        tags,
        body: Type.Object({ key_id: keyId, alias: Type.String() }),
      },
    },
    async (request, reply) => {
      const { key_id: id, alias } = request.body;
      const created = await createAlias(context, callerOf(request), id, alias);
      return reply.code(201).send(presentAlias(context, created));
    },
  );
  const deletion = Type.Object({ key_id: keyId, aliases: Type.Array(Type.String()) });
  api.delete(
    '/v1.0/:project_id/kms/aliases',
    { schema: { operationId: 'deleteAlias', tags, body: deletion } },
    async (request, reply) => {
      await deleteAliases(context, callerOf(request), request.body.key_id, request.body.aliases);
      return reply.code(204).send();
    },
  );
  const association = Type.Object({ alias: Type.String(), target_key_id: keyId });
  api.post(
    '/v1.0/:project_id/kms/alias/associate',
    { schema: { operationId: 'associateAlias', tags, body: association } },
    async (request) => {
      const { alias, target_key_id: target } = request.body;
      return presentAlias(context, await associateAlias(context, callerOf(request), alias, target));
    },
  );
}

function listRoute(context: KmsContext, api: Api): void {
  const querystring = Type.Object({
    key_id: Type.Optional(keyId),
    limit: optionalText,
    marker: optionalText,
  });
  api.get(
    '/v1.0/:project_id/kms/aliases',
    { schema: { operationId: 'listAliases', tags, querystring } },
    async (request) => {
      const { key_id: id, limit, marker } = request.query;
      const input = { keyId: id, limit, marker };
      const { rows, nextMarker } = await listAliases(context, callerOf(request), input);
      return {
        aliases: rows.map((alias) => presentAlias(context, alias)),
        page_info: { next_marker: nextMarker, current_count: rows.length },
      };
    },
  );
}

export function aliasRoutes(context: KmsContext, api: Api): void {
  changeRoutes(context, api);
  listRoute(context, api);
}
