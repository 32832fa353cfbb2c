import { Type } from 'typebox';
import { type Api, anyCharacter } from '../../platform/http/index.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { presentKeyDetails } from '../queries/key-details.ts';
import { callerOf } from '../request-caller.ts';
import { keyId, optionalNumeric, optionalText, sequence } from '../request-fields.ts';
import { batchTags, createTag, deleteTag } from './change-tags.ts';
import { findInstances } from './find-instances.ts';
import { listAllTags, listKeyTags } from './list-tags.ts';

const tags = ['kms'];
const keyPath = Type.Object({ project_id: Type.String(), key_id: keyId });
const tagItem = Type.Object({ key: optionalText, value: optionalText });
/** A tag with NUL is refused here, in the words for tags. */
const checkedHere = { ...anyCharacter };

function changeRoutes(context: KmsContext, api: Api): void {
  const tag = Type.Object({
    tag: Type.Optional(Type.Object(tagItem.properties, checkedHere)),
    sequence,
  });
  api.post(
    '/v1.0/:project_id/kms/:key_id/tags',
    { schema: { operationId: 'createKmsTag', tags, params: keyPath, body: tag } },
    async (request, reply) => {
      await createTag(context, callerOf(request), request.params.key_id, request.body.tag ?? {});
      return reply.code(204).send();
    },
  );
  const batch = Type.Object({ action: Type.String(), tags: Type.Array(tagItem, checkedHere), sequence });
  api.post(
    '/v1.0/:project_id/kms/:key_id/tags/action',
    { schema: { operationId: 'batchCreateKmsTags', tags, params: keyPath, body: batch } },
    async (request, reply) => {
      await batchTags(context, callerOf(request), request.params.key_id, request.body);
      return reply.code(204).send();
    },
  );
  const tagPath = Type.Object({ project_id: Type.String(), key_id: keyId, key: Type.String() });
  api.delete(
    '/v1.0/:project_id/kms/:key_id/tags/:key',
    { schema: { operationId: 'deleteTag', tags, params: tagPath } },
    async (request, reply) => {
      await deleteTag(context, callerOf(request), request.params.key_id, request.params.key);
      return reply.code(204).send();
    },
  );
}

function listRoutes(context: KmsContext, api: Api): void {
  api.get(
    '/v1.0/:project_id/kms/:key_id/tags',
    { schema: { operationId: 'showKmsTags', tags, params: keyPath } },
    async (request) => {
      const found = await listKeyTags(context, callerOf(request), request.params.key_id);
      return { tags: found, existTagsNum: found.length };
    },
  );
  api.get(
    '/v1.0/:project_id/kms/tags',
    { schema: { operationId: 'listKmsTags', tags } },
    async (request) => ({ tags: await listAllTags(context, callerOf(request)) }),
  );
}

const search = Type.Object({
  action: optionalText,
  limit: optionalNumeric,
  offset: optionalNumeric,
  tags: Type.Optional(
    Type.Array(Type.Object({ key: optionalText, values: Type.Optional(Type.Array(Type.String())) })),
  ),
  matches: Type.Optional(Type.Array(tagItem)),
  sequence,
});

function instanceRoute(context: KmsContext, api: Api): void {
  const params = Type.Object({ project_id: Type.String(), resource_instances: Type.String() });
  api.post(
    '/v1.0/:project_id/kms/:resource_instances/action',
    { config: { body: 'optional' }, schema: { operationId: 'listKmsByTags', tags, params, body: search } },
    async (request) => {
      if (request.params.resource_instances !== 'resource_instances')
        throw kmsError('KMS.0212', 'The path must be /kms/resource_instances/action.');
      const { body } = request;
      const { instances, total } = await findInstances(context, callerOf(request), {
        action: body.action || undefined,
        limit: body.limit,
        offset: body.offset,
        tags: body.tags,
        matches: body.matches,
      });
      if (!instances) return { total_count: total };
      const resources = instances.map(({ key, tags: found }) => ({
        resource_id: key.key_id,
        resource_detail: presentKeyDetails(key, context.region, context.clock),
        resource_name: key.key_alias,
        tags: found,
      }));
      return { resources, total_count: total };
    },
  );
}

export function tagRoutes(context: KmsContext, api: Api): void {
  changeRoutes(context, api);
  listRoutes(context, api);
  instanceRoute(context, api);
}
