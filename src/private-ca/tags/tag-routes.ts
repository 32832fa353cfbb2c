import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import { authorityResponse } from '../authorities/authority-presentation.ts';
import { certificateResponse } from '../certificates/certificate-presentation.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { idField } from '../request-fields.ts';
import { createTags, deleteTags } from './change-tags.ts';
import { countByTags, findByTags } from './find-by-tags.ts';
import { listAllTags, listTags } from './list-tags.ts';
import { mostTags, readTag } from './tag.ts';
import { authorityTags, certificateTags, type Taggable } from './taggable.ts';

type Ports = Pick<PrivateCaPorts, 'database' | 'clock' | 'identity' | 'quotas'>;

/** How the addresses and the description name one of the two kinds of resources. */
interface Naming {
  readonly taggable: Taggable;
  readonly collection: string;
  readonly idName: 'ca_id' | 'certificate_id';
  /** CertificateAuthority or Certificate, as in the ids of operations, and as many of them. */
  readonly one: string;
  readonly many: string;
  readonly tag: string;
}

const authorities: Naming = {
  taggable: authorityTags,
  collection: '/v1/private-certificate-authorities',
  idName: 'ca_id',
  one: 'CertificateAuthority',
  many: 'CertificateAuthorities',
  tag: 'CA tags',
};

const certificates: Naming = {
  taggable: certificateTags,
  collection: '/v1/private-certificates',
  idName: 'certificate_id',
  one: 'Certificate',
  many: 'Certificates',
  tag: 'Certificate tags',
};

const sentTag = Type.Object({
  key: Type.String({ description: '1 to 128 letters, digits, spaces and characters of _.:=+-@' }),
  value: Type.Optional(
    Type.String({ description: '0 to 255 letters, digits, spaces and characters of _.:/=+-@' }),
  ),
});

const batchBody = Type.Object({ tags: Type.Array(sentTag, { minItems: 1, maxItems: mostTags }) });

const searchBody = Type.Object({
  tags: Type.Optional(
    Type.Array(
      Type.Object({ key: Type.String(), values: Type.Array(Type.String(), { maxItems: mostTags }) }),
      { maxItems: mostTags, description: 'All keys have to be there, each with one of its values.' },
    ),
  ),
  limit: Type.Optional(
    Type.Unsafe<10 | 20 | 50>(Type.Integer({ enum: [10, 20, 50], description: 'Default: 10.' })),
  ),
  offset: Type.Optional(Type.Integer({ minimum: 0, description: 'Records to skip; default: 0.' })),
  matches: Type.Optional(
    Type.Array(sentTag, { maxItems: mostTags, description: 'resource_name: part of the common name.' }),
  ),
});

const tag = Type.Object({ key: Type.String(), value: Type.String() });
const tagList = Type.Object({ tags: Type.Array(tag) });
const pairList = Type.Object({
  tags: Type.Array(Type.Object({ key: Type.String(), values: Type.Array(Type.String()) })),
});
const count = Type.Object({ total_count: Type.Integer() });
const foundList = Type.Object({
  total_count: Type.Integer(),
  resources: Type.Array(
    Type.Object({
      resource_id: Type.String(),
      resource_name: Type.String(),
      resource_detail: Type.Union([authorityResponse, certificateResponse]),
      tags: Type.Array(tag),
    }),
  ),
});
const noContent = { 204: Type.Unsafe<void>(Type.Unknown({ description: 'Done.' })) };

/** The routes of reference 4.2.4. */
export function tagRoutes(ports: Ports): (api: Api) => void {
  return (api) => {
    for (const naming of [authorities, certificates]) {
      addChanges(api, ports, naming);
      addLists(api, ports, naming);
      addSearches(api, ports, naming);
    }
  };
}

function addChanges(api: Api, ports: Ports, { taggable, collection, idName, one, tag: label }: Naming): void {
  const member = `${collection}/:${idName}/tags`;
  const common = {
    tags: [label],
    params: Type.Object({ [idName]: idField('ID of the resource.') }),
    response: noContent,
  };
  const idOf = (params: unknown) => (params as Record<string, string>)[idName]!;
  api.post(
    `${member}/create`,
    { schema: { ...common, operationId: `batchCreate${one}Tags`, body: batchBody } },
    async ({ actor, params, body }, reply) => {
      await createTags(ports, actor, taggable, idOf(params), body.tags);
      return reply.code(204).send();
    },
  );
  api.delete(
    `${member}/delete`,
    { schema: { ...common, operationId: `batchDelete${one}Tags`, body: batchBody } },
    async ({ actor, params, body }, reply) => {
      await deleteTags(ports, actor, taggable, idOf(params), body.tags);
      return reply.code(204).send();
    },
  );
  api.post(
    member,
    { schema: { ...common, operationId: `create${one}Tag`, body: Type.Object({ tag: sentTag }) } },
    async ({ actor, params, body }, reply) => {
      await createTags(ports, actor, taggable, idOf(params), [readTag(body.tag, 'tag')]);
      return reply.code(204).send();
    },
  );
}

function addLists(api: Api, ports: Ports, { taggable, collection, idName, one, tag: label }: Naming): void {
  const params = Type.Object({ [idName]: idField('ID of the resource.') });
  api.get(
    `${collection}/:${idName}/tags`,
    { schema: { operationId: `list${one}Tags`, tags: [label], params, response: { 200: tagList } } },
    async (request) => {
      const id = (request.params as Record<string, string>)[idName]!;
      return { tags: await listTags(ports, request.actor, taggable, id) };
    },
  );
  api.get(
    `${collection}/tags`,
    { schema: { operationId: `listAll${one}Tags`, tags: [label], response: { 200: pairList } } },
    async ({ actor }) => ({ tags: await listAllTags(ports, actor, taggable) }),
  );
}

function addSearches(api: Api, ports: Ports, { taggable, collection, many, tag: label }: Naming): void {
  const common = { tags: [label], body: searchBody };
  const config = { body: 'optional' } as const;
  api.post(
    `${collection}/resource-instances/filter`,
    { config, schema: { ...common, operationId: `filter${many}ByTags`, response: { 200: foundList } } },
    async ({ actor, body: { tags = [], matches = [], limit = 10, offset = 0 } }) => {
      const found = await findByTags(ports, actor, taggable, { tags, matches, limit, offset });
      const resources = found.resources.map((resource) => ({
        resource_id: resource.id,
        resource_name: resource.name,
        resource_detail: resource.detail,
        tags: resource.tags,
      }));
      return { total_count: found.total, resources };
    },
  );
  api.post(
    `${collection}/resource-instances/count`,
    { config, schema: { ...common, operationId: `count${many}ByTags`, response: { 200: count } } },
    async ({ actor, body: { tags = [], matches = [] } }) => ({
      total_count: await countByTags(ports, actor, taggable, { tags, matches }),
    }),
  );
}
