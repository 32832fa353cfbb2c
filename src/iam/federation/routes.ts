import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { badRequest, notFound } from '../errors.ts';
import { listLinks, selfLink } from '../links.ts';
import { iamActions } from '../permissions.ts';
import type { IdentityMappingTable, IdentityProtocolTable, IdentityProviderTable } from '../tables.ts';
import { originOf, scopeSchema } from '../tokens/routes.ts';
import { loginWithIdToken } from './login-with-id-token.ts';
import { deleteMapping, deleteProtocol, setMapping, setProtocol } from './manage-mappings.ts';
import {
  createProvider,
  deleteProvider,
  requireProvider,
  setOidcConfig,
  updateProvider,
} from './manage-providers.ts';
import type { MappingRule } from './mapping.ts';
import type { OidcConfig } from './oidc-config.ts';
import { findMappings, findProtocols, listProviders } from './store.ts';

const idForm = Type.String({ pattern: '^[\\w-]{1,64}$' });
const providersUrl = '/v3/OS-FEDERATION/identity_providers';
const mappingsUrl = '/v3/OS-FEDERATION/mappings';
const providerParams = Type.Object({ idp_id: idForm });
const description = Type.Optional(Type.String({ maxLength: 255 }));

/** The login by id token, which is not authenticated otherwise. */
export function federatedLoginRoutes(iam: IamContext, api: Api): void {
  const body = Type.Object({
    auth: Type.Object({
      id_token: Type.Object({ id: Type.String({ maxLength: 65_536 }) }),
      scope: Type.Optional(scopeSchema),
    }),
  });
  api.post(
    '/v3.0/OS-AUTH/id-token/tokens',
    { schema: { operationId: 'createUnscopedTokenByIdToken', tags: ['iam'], body } },
    async (request, reply) => {
      const providerId = request.headers['x-idp-id'];
      if (typeof providerId !== 'string') throw badRequest('The header X-Idp-Id is mandatory.');
      const { id_token, scope } = request.body.auth;
      const login = { providerId, idToken: id_token.id, scope };
      const { token, body: answer } = await loginWithIdToken(iam, login, originOf(request));
      return reply.code(201).header('x-subject-token', token).send(answer);
    },
  );
}

export function federationRoutes(iam: IamContext, api: Api): void {
  providerRoutes(iam, api);
  oidcRoutes(iam, api);
  mappingRoutes(iam, api);
  protocolRoutes(iam, api);
}

function providerRoutes(iam: IamContext, api: Api): void {
  const present = (provider: IdentityProviderTable) => ({
    id: provider.provider_id,
    sso_type: provider.sso_type,
    description: provider.description,
    enabled: provider.enabled === 1,
    remote_ids: [],
    links: {
      ...selfLink(iam.publicUrl, `${providersUrl}/${provider.provider_id}`),
      protocols: `${iam.publicUrl}${providersUrl}/${provider.provider_id}/protocols`,
    },
  });
  const ssoType = Type.Union([Type.Literal('virtual_user_sso'), Type.Literal('iam_user_sso')]);
  const create = Type.Object({
    identity_provider: Type.Object({
      sso_type: Type.Optional(ssoType),
      description,
      enabled: Type.Optional(Type.Boolean()),
    }),
  });
  const update = Type.Object({
    identity_provider: Type.Object({ description, enabled: Type.Optional(Type.Boolean()) }),
  });
  api.get(
    providersUrl,
    { schema: { operationId: 'listIdentityProviders', tags: ['iam'] } },
    async ({ actor }) => {
      await iam.accessControl.authorize(actor, { action: iamActions.listProviders });
      const providers = await listProviders(iam.database, actor.accountId);
      return { identity_providers: providers.map(present), links: listLinks(iam.publicUrl, providersUrl) };
    },
  );
  const url = `${providersUrl}/:idp_id`;
  const schema = { tags: ['iam'], params: providerParams };
  api.get(url, { schema: { ...schema, operationId: 'getIdentityProvider' } }, async ({ actor, params }) => {
    await iam.accessControl.authorize(actor, { action: iamActions.getProvider });
    return { identity_provider: present(await requireProvider(iam.database, actor, params.idp_id)) };
  });
  api.put(
    url,
    { schema: { ...schema, operationId: 'createIdentityProvider', body: create } },
    async ({ actor, params, body }, reply) => {
      const {
        sso_type = 'virtual_user_sso',
        description: words = '',
        enabled = true,
      } = body.identity_provider;
      const input = { ssoType: sso_type, description: words, enabled };
      const provider = await createProvider(iam, actor, params.idp_id, input);
      return reply.code(201).send({ identity_provider: present(provider) });
    },
  );
  api.patch(
    url,
    { schema: { ...schema, operationId: 'updateIdentityProvider', body: update } },
    async ({ actor, params, body }) => {
      const { description: words, enabled } = body.identity_provider;
      const columns = {
        ...(words === undefined ? {} : { description: words }),
        ...(enabled === undefined ? {} : { enabled: enabled ? 1 : 0 }),
      };
      return { identity_provider: present(await updateProvider(iam, actor, params.idp_id, columns)) };
    },
  );
  api.delete(
    url,
    { schema: { ...schema, operationId: 'deleteIdentityProvider' } },
    async ({ actor, params }, reply) => {
      await deleteProvider(iam, actor, params.idp_id);
      return reply.code(204).send();
    },
  );
}

function oidcRoutes(iam: IamContext, api: Api): void {
  const url = '/v3.0/OS-FEDERATION/identity-providers/:idp_id/openid-connect-config';
  const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
  const body = Type.Object({
    openid_connect_config: Type.Object({
      access_mode: Type.Union([Type.Literal('program'), Type.Literal('program_console')]),
      idp_url: text(255),
      client_id: text(255),
      signing_key: text(30_000),
      authorization_endpoint: Type.Optional(Type.String({ maxLength: 255 })),
      scope: Type.Optional(Type.String({ maxLength: 255 })),
      response_type: Type.Optional(Type.String({ maxLength: 64 })),
      response_mode: Type.Optional(Type.String({ maxLength: 64 })),
    }),
  });
  const withDefaults = (config: Partial<OidcConfig>) =>
    ({
      authorization_endpoint: '',
      scope: 'openid',
      response_type: 'id_token',
      response_mode: 'form_post',
      ...config,
    }) as OidcConfig;
  const schema = { tags: ['iam'], params: providerParams };

  api.get(
    url,
    { schema: { ...schema, operationId: 'getOpenIdConnectConfig' } },
    async ({ actor, params }) => {
      await iam.accessControl.authorize(actor, { action: iamActions.getProvider });
      const provider = await requireProvider(iam.database, actor, params.idp_id);
      if (provider.oidc_config === null) throw notFound('openid_connect_config', params.idp_id);
      return { openid_connect_config: JSON.parse(provider.oidc_config) as OidcConfig };
    },
  );
  api.post(
    url,
    { schema: { ...schema, operationId: 'createOpenIdConnectConfig', body } },
    async ({ actor, params, body: { openid_connect_config } }, reply) => {
      const config = await setOidcConfig(
        iam,
        actor,
        params.idp_id,
        withDefaults(openid_connect_config),
        'create',
      );
      return reply.code(201).send({ openid_connect_config: config });
    },
  );
  api.put(
    url,
    { schema: { ...schema, operationId: 'updateOpenIdConnectConfig', body } },
    async ({ actor, params, body: { openid_connect_config } }) => ({
      openid_connect_config: await setOidcConfig(
        iam,
        actor,
        params.idp_id,
        withDefaults(openid_connect_config),
        'replace',
      ),
    }),
  );
}

function mappingRoutes(iam: IamContext, api: Api): void {
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
  const body = Type.Object({
    mapping: Type.Object({ rules: Type.Array(rule, { minItems: 1, maxItems: 100 }) }),
  });
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
  api.put(url, { schema: { ...schema, operationId: 'createMapping', body } }, async (request, reply) => {
    const { actor, params, body: received } = request;
    const mapping = await setMapping(iam, actor, params.mapping_id, received.mapping.rules, 'create');
    return reply.code(201).send({ mapping: present(mapping) });
  });
  api.patch(url, { schema: { ...schema, operationId: 'updateMapping', body } }, async (request) => {
    const { actor, params, body: received } = request;
    return {
      mapping: present(await setMapping(iam, actor, params.mapping_id, received.mapping.rules, 'replace')),
    };
  });
  api.delete(
    url,
    { schema: { ...schema, operationId: 'deleteMapping' } },
    async ({ actor, params }, reply) => {
      await deleteMapping(iam, actor, params.mapping_id);
      return reply.code(204).send();
    },
  );
}

function protocolRoutes(iam: IamContext, api: Api): void {
  const body = Type.Object({ protocol: Type.Object({ mapping_id: Type.String({ minLength: 1 }) }) });
  const listUrl = `${providersUrl}/:idp_id/protocols`;
  const url = `${listUrl}/:protocol_id`;
  // SAML would need a console to log in through.
  const params = Type.Object({ idp_id: idForm, protocol_id: Type.Literal('oidc') });
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
    async ({ actor, params: { idp_id: providerId } }) => {
      await iam.accessControl.authorize(actor, { action: iamActions.getProvider });
      await requireProvider(iam.database, actor, providerId);
      const protocols = await findProtocols(iam.database, actor.accountId, { providerId });
      const links = listLinks(iam.publicUrl, `${providersUrl}/${providerId}/protocols`);
      return { protocols: protocols.map(present), links };
    },
  );
  const schema = { tags: ['iam'], params };
  api.get(url, { schema: { ...schema, operationId: 'getProtocol' } }, async (request) => {
    const { idp_id: providerId, protocol_id: id } = request.params;
    await iam.accessControl.authorize(request.actor, { action: iamActions.getProvider });
    const protocols = await findProtocols(iam.database, request.actor.accountId, { providerId });
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
