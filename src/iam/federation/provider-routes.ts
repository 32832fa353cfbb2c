import { type Static, Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { defined } from '../defined.ts';
import { notFound } from '../errors.ts';
import { listLinks, selfLink } from '../links.ts';
import { iamActions } from '../permissions.ts';
import type { IdentityProviderTable } from '../tables.ts';
import {
  createProvider,
  deleteProvider,
  requireProvider,
  setOidcConfig,
  updateProvider,
} from './manage-providers.ts';
import type { OidcConfig } from './oidc-config.ts';
import { listProviders } from './store.ts';

export const providersUrl = '/v3/OS-FEDERATION/identity_providers';
export const providerId = Type.String({ pattern: '^[\\w-]{1,64}$' });
export const providerParams = Type.Object({ idp_id: providerId });

const description = Type.Optional(Type.String({ maxLength: 255 }));
const ssoType = Type.Union([Type.Literal('virtual_user_sso'), Type.Literal('iam_user_sso')]);
const newProvider = Type.Object({
  identity_provider: Type.Object({
    sso_type: Type.Optional(ssoType),
    description,
    enabled: Type.Optional(Type.Boolean()),
  }),
});
const providerUpdate = Type.Object({
  identity_provider: Type.Object({ description, enabled: Type.Optional(Type.Boolean()) }),
});

function presentProvider(provider: IdentityProviderTable, publicUrl: string) {
  return {
    id: provider.provider_id,
    sso_type: provider.sso_type,
    description: provider.description,
    enabled: provider.enabled === 1,
    remote_ids: [],
    links: {
      ...selfLink(publicUrl, `${providersUrl}/${provider.provider_id}`),
      protocols: `${publicUrl}${providersUrl}/${provider.provider_id}/protocols`,
    },
  };
}

export function providerRoutes(iam: IamContext, api: Api): void {
  const present = (provider: IdentityProviderTable) => presentProvider(provider, iam.publicUrl);
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
    { schema: { ...schema, operationId: 'createIdentityProvider', body: newProvider } },
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
    { schema: { ...schema, operationId: 'updateIdentityProvider', body: providerUpdate } },
    async ({ actor, params, body }) => {
      const { description: words, enabled } = body.identity_provider;
      const columns = defined({
        description: words,
        enabled: enabled === undefined ? undefined : Number(enabled),
      });
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

const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const oidcBody = Type.Object({
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
function withDefaults(config: Static<typeof oidcBody>['openid_connect_config']): OidcConfig {
  return {
    authorization_endpoint: '',
    scope: 'openid',
    response_type: 'id_token',
    response_mode: 'form_post',
    ...config,
  };
}

export function oidcRoutes(iam: IamContext, api: Api): void {
  const url = '/v3.0/OS-FEDERATION/identity-providers/:idp_id/openid-connect-config';
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
    { schema: { ...schema, operationId: 'createOpenIdConnectConfig', body: oidcBody } },
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
    { schema: { ...schema, operationId: 'updateOpenIdConnectConfig', body: oidcBody } },
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
