import { Type } from 'typebox';
import type { Api, ApiPlugin } from '../../platform/http/index.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { renewalSettings } from '../renewal/renewal-settings.ts';
import { createTags, deleteTags } from './change-tags.ts';
import { countByTags, findByTags } from './find-by-tags.ts';
import { listAllTags, listTags } from './list-tags.ts';
import { readPage, readTag, readTags } from './tag.ts';
import { findOrigins, presentTagged, taggedResource } from './tagged-presentation.ts';

const label = 'Certificate tags';
const params = Type.Object({
  resource_id: Type.String({ minLength: 16, maxLength: 16, description: 'Certificate id.' }),
});

const sentTag = Type.Object({
  key: Type.String({ description: '1 to 128 letters, digits, spaces and characters of _.:=+-@' }),
  value: Type.Optional(
    Type.Union([Type.String(), Type.Null()], {
      description: '0 to 255 letters, digits, spaces and characters of _.:/=+-@',
    }),
  ),
});

const condition = (rule: string) =>
  Type.Optional(
    Type.Array(Type.Object({ key: Type.String(), values: Type.Optional(Type.Array(Type.String())) }), {
      description: `${rule} Up to 20 keys with up to 20 values each; without values any value will do.`,
    }),
  );

const searchBody = Type.Object({
  action: Type.Union([Type.Literal('filter'), Type.Literal('count')]),
  without_any_tag: Type.Optional(
    Type.Boolean({ description: 'True: only certificates without tags, and the lists of tags are ignored.' }),
  ),
  tags: condition('All of these keys.'),
  tags_any: condition('Any of these keys.'),
  not_tags: condition('Not all of these keys.'),
  not_tags_any: condition('None of these keys.'),
  limit: Type.Optional(Type.Integer({ description: '10, 20 or 50; default: 10.' })),
  offset: Type.Optional(Type.Integer({ description: 'Certificates to skip; default: 0.' })),
  matches: Type.Optional(
    Type.Array(sentTag, { description: 'resource_name: part of the name; resource_id: the certificate id.' }),
  ),
});

const tag = Type.Object({ key: Type.String(), value: Type.String() });
const done = Type.Object({ desc: Type.String() });
const tagList = Type.Object({ tags: Type.Array(tag) });
const pairList = Type.Object({
  tags: Type.Array(Type.Object({ key: Type.String(), values: Type.Array(Type.String()) })),
});
const found = Type.Object({
  total_count: Type.Integer(),
  resources: Type.Optional(Type.Array(taggedResource)),
});

/** Tags of certificates: not in the reference, but in its client libraries. */
export function tagRoutes(ports: SslCertificatesPorts): ApiPlugin {
  return (api) => {
    addChanges(api, ports);
    addLists(api, ports);
    addSearch(api, ports);
  };
}

function addChanges(api: Api, ports: SslCertificatesPorts): void {
  const common = { tags: [label], params, response: { 200: done } };
  api.post(
    '/v3/scm/:resource_id/tags',
    { schema: { ...common, operationId: 'createSslCertificateTag', body: Type.Object({ tag: sentTag }) } },
    async ({ actor, params: { resource_id: id }, body }) => {
      await createTags(ports, actor, id, [readTag(body.tag, 'tag')]);
      return { desc: 'success' };
    },
  );
  const body = Type.Object({
    action: Type.Union([Type.Literal('create'), Type.Literal('delete')]),
    tags: Type.Array(sentTag, { description: '1 to 20; keys are unique.' }),
  });
  api.post(
    '/v3/scm/:resource_id/tags/action',
    { schema: { ...common, operationId: 'batchCreateOrDeleteTags', body } },
    async ({ actor, params: { resource_id: id }, body: { action, tags } }) => {
      const change = action === 'create' ? createTags : deleteTags;
      await change(ports, actor, id, readTags(tags));
      return { desc: 'success' };
    },
  );
}

function addLists(api: Api, ports: SslCertificatesPorts): void {
  api.get(
    '/v3/scm/:resource_id/tags',
    { schema: { operationId: 'listTagsByCertificate', tags: [label], params, response: { 200: tagList } } },
    async ({ actor, params: { resource_id: id } }) => ({ tags: await listTags(ports, actor, id) }),
  );
  api.get(
    '/v3/scm/tags',
    { schema: { operationId: 'listAllTags', tags: [label], response: { 200: pairList } } },
    async ({ actor }) => ({ tags: await listAllTags(ports, actor) }),
  );
}

function addSearch(api: Api, ports: SslCertificatesPorts): void {
  const renewal = renewalSettings(ports.configuration);
  api.post(
    // The client libraries have a parameter there, of which this is the only value.
    '/v3/scm/resource_instances/action',
    {
      schema: {
        operationId: 'listCertificatesByTag',
        tags: [label],
        body: searchBody,
        response: { 200: found },
      },
    },
    async ({ actor, body }) => {
      const page = readPage(body);
      if (body.action === 'count') return { total_count: await countByTags(ports, actor, body) };
      const { total, certificates } = await findByTags(ports, actor, body, page);
      const rows = certificates.map(({ certificate }) => certificate);
      const origins = await findOrigins(ports.database, actor.accountId, rows);
      const context = { nowMs: ports.clock.nowMs(), renewal, origins };
      return {
        total_count: total,
        resources: certificates.map((each) => presentTagged(each, context)),
      };
    },
  );
}
