import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { listLinks, selfLink } from '../links.ts';
import { iamActions } from '../permissions.ts';
import type { IdentityMappingTable, IdentityProtocolTable } from '../tables.ts';
import { deleteMapping, deleteProtocol, setMapping, setProtocol } from './manage-mappings.ts';
import { requireProvider } from './manage-providers.ts';
import type { MappingRule } from './mapping.ts';
import { providerId, providerParams, providersUrl } from './provider-routes.ts';
import { findMappings, findProtocols } from './store.ts';

const mappingsUrl = '/v3/OS-FEDERATION/mappings';
const named = Type.Object({ name: Type.String({ minLength: 1, maxLength: 255 }) });
const values = Type.Optional(Type.Array(Type.String(), { minItems: 1 }));
const rule = Type.Object({
  local: Type.Array(
    Type.Object({
      user: Type.Optional(named),
      group: Type.Optional(named),
      groups: Type.Optional(Type.String({ minLength: 1 })),
    }),
    { minItems: 1 },
  ),
  remote: Type.Array(
    Type.Object({ type: Type.String({ minLength: 1 }), any_one_of: values, not_any_of: values }),
    { minItems: 1 },
  ),
});
const mappingBody = Type.Object({
  mapping: Type.Object({ rules: Type.Array(rule, { minItems: 1, maxItems: 100 }) }),
});

export function mappingRoutes(iam: IamContext, api: Api): void {
  const present = (mapping: IdentityMappingTable) => ({
    id: mapping.mapping_id,
    rules: JSON.parse(mapping.rules) as MappingRule[],
    links: selfLink(iam.publicUrl, `${mappingsUrl}/${mapping.mapping_id}`),
  });
  api.get(mappingsUrl, { schema: { operationId: 'listMappings', tags: ['iam'] } }, async ({ actor }) => {
    await iam.accessControl.authorize(actor, { action: iamActions.listProviders });
    const mappings = await findMappings(iam.database, actor.accountId);
    return { mappings: mappings.map(present), links: listLinks(iam.publicUrl, mappingsUrl) };
  });
  const url = `${mappingsUrl}/:mapping_id`;
  const schema = {
    tags: ['iam'],
    params: Type.Object({ mapping_id: Type.String({ pattern: '^[\\w-]{1,128}$' }) }),
  };
  api.get(url, { schema: { ...schema, operationId: 'getMapping' } }, async ({ actor, params }) => {
    await iam.accessControl.authorize(actor, { action: iamActions.getProvider });
    const [mapping] = await findMappings(iam.database, actor.accountId, params.mapping_id);
    if (!mapping) throw notFound('mapping', params.mapping_id);
    return { mapping: present(mapping) };
  });
  api.put(
    url,
    { schema: { ...schema, operationId: 'createMapping', body: mappingBody } },
    async (request, reply) => {
      const { actor, params, body: received } = request;
      const mapping = await setMapping(iam, actor, params.mapping_id, received.mapping.rules, 'create');
      return reply.code(201).send({ mapping: present(mapping) });
    },
  );
  api.patch(
    url,
    { schema: { ...schema, operationId: 'updateMapping', body: mappingBody } },
    async (request) => {
      const { actor, params, body: received } = request;
      return {
        mapping: present(await setMapping(iam, actor, params.mapping_id, received.mapping.rules, 'replace')),
      };
    },
  );
  api.delete(
    url,
    { schema: { ...schema, operationId: 'deleteMapping' } },
    async ({ actor, params }, reply) => {
      await deleteMapping(iam, actor, params.mapping_id);
      return reply.code(204).send();
    },
  );
}

export function protocolRoutes(iam: IamContext, api: Api): void {
  const body = Type.Object({ protocol: Type.Object({ mapping_id: Type.String({ minLength: 1 }) }) });
  const listUrl = `${providersUrl}/:idp_id/protocols`;
  const url = `${listUrl}/:protocol_id`;
  // SAML would need a console to log in through.
  const params = Type.Object({ idp_id: providerId, protocol_id: Type.Literal('oidc') });
  const present = (protocol: IdentityProtocolTable) => ({
    id: protocol.protocol_id,
    mapping_id: protocol.mapping_id,
    links: {
      identity_provider: `${iam.publicUrl}${providersUrl}/${protocol.provider_id}`,
      self: `${iam.publicUrl}${providersUrl}/${protocol.provider_id}/protocols/${protocol.protocol_id}`,
    },
  });
  api.get(
    listUrl,
    { schema: { operationId: 'listProtocols', tags: ['iam'], params: providerParams } },
    async ({ actor, params: { idp_id } }) => {
      await iam.accessControl.authorize(actor, { action: iamActions.getProvider });
      await requireProvider(iam.database, actor, idp_id);
      const protocols = await findProtocols(iam.database, actor.accountId, { providerId: idp_id });
      const links = listLinks(iam.publicUrl, `${providersUrl}/${idp_id}/protocols`);
      return { protocols: protocols.map(present), links };
    },
  );
  const schema = { tags: ['iam'], params };
  api.get(url, { schema: { ...schema, operationId: 'getProtocol' } }, async (request) => {
    const { idp_id, protocol_id: id } = request.params;
    await iam.accessControl.authorize(request.actor, { action: iamActions.getProvider });
    const protocols = await findProtocols(iam.database, request.actor.accountId, { providerId: idp_id });
    const protocol = protocols.find((other) => other.protocol_id === id);
    if (!protocol) throw notFound('protocol', id);
    return { protocol: present(protocol) };
  });
  const fields = (ids: { idp_id: string; protocol_id: string }, mapping_id: string) => ({
    provider_id: ids.idp_id,
    protocol_id: ids.protocol_id,
    mapping_id,
  });
  api.put(url, { schema: { ...schema, operationId: 'createProtocol', body } }, async (request, reply) => {
    const protocol = fields(request.params, request.body.protocol.mapping_id);
    return reply
      .code(201)
      .send({ protocol: present(await setProtocol(iam, request.actor, protocol, 'create')) });
  });
  api.patch(url, { schema: { ...schema, operationId: 'updateProtocol', body } }, async (request) => {
    const protocol = fields(request.params, request.body.protocol.mapping_id);
    return { protocol: present(await setProtocol(iam, request.actor, protocol, 'replace')) };
  });
  api.delete(
    url,
    { schema: { ...schema, operationId: 'deleteProtocol' } },
    async ({ actor, params: ids }, reply) => {
      await deleteProtocol(iam, actor, ids.idp_id, ids.protocol_id);
      return reply.code(204).send();
    },
  );
}
