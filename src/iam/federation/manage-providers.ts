import type { Reader } from '../../platform/db/index.ts';
import type { Actor } from '../actor.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { conflict, notFound } from '../errors.ts';
import { providerLimit } from '../limits/iam-limits.ts';
import { requireRoom } from '../limits/require-room.ts';
import { iamActions } from '../permissions.ts';
import type { IdentityProviderTable } from '../tables.ts';
import { providerReference } from '../tokens/session-parent.ts';
import { endDerivedSessions } from '../tokens/store.ts';
import { requireProviderAuthority } from './federation-authority.ts';
import { type OidcConfig, parseSigningKeys } from './oidc-config.ts';
import { deleteProviderRows, findProviderOfAnyAccount, insertProvider, updateProviderRow } from './store.ts';

/**
 * Ids are unique over all accounts: a login names the provider and nothing else. That an id is taken is all that another
 * account learns.
 */
export async function createProvider(
  iam: IamContext,
  actor: Actor,
  providerId: string,
  input: {
    readonly ssoType: IdentityProviderTable['sso_type'];
    readonly description: string;
    readonly enabled: boolean;
  },
): Promise<IdentityProviderTable> {
  const access = { action: iamActions.createProvider };
  return change(iam, actor, access, 'identity provider', async (transaction) => {
    const provider: IdentityProviderTable = {
      provider_id: providerId,
      account_id: actor.accountId,
      sso_type: input.ssoType,
      description: input.description,
      enabled: input.enabled ? 1 : 0,
      oidc_config: null,
      created_at: iam.clock.nowMs(),
    };
    await requireRoom(transaction, actor.accountId, providerLimit);
    await insertProvider(transaction, provider);
    return { result: provider, resourceId: providerId, resourceName: providerId };
  });
}

export async function requireProvider(
  reader: Reader,
  actor: Actor,
  providerId: string,
): Promise<IdentityProviderTable> {
  const provider = await findProviderOfAnyAccount(reader, providerId);
  if (provider?.account_id !== actor.accountId) throw notFound('identity provider', providerId);
  return provider;
}

/** Disabling ends the sessions of whom the provider vouched for. */
export async function updateProvider(
  iam: IamContext,
  actor: Actor,
  providerId: string,
  columns: Partial<Pick<IdentityProviderTable, 'description' | 'enabled'>>,
): Promise<IdentityProviderTable> {
  const access = { action: iamActions.updateProvider };
  return change(iam, actor, access, 'identity provider', async (transaction) => {
    const provider = await requireProvider(transaction, actor, providerId);
    if (columns.enabled === 1) await requireProviderAuthority(iam, transaction, actor, provider);
    if (Object.keys(columns).length > 0)
      await updateProviderRow(transaction, actor.accountId, providerId, columns);
    if (columns.enabled === 0) await endDerivedSessions(transaction, [providerReference(providerId)]);
    const detail = Object.keys(columns).join(', ');
    return { result: { ...provider, ...columns }, resourceId: providerId, detail };
  });
}

/** Its users' tokens end with it. */
export async function deleteProvider(iam: IamContext, actor: Actor, providerId: string): Promise<void> {
  const access = { action: iamActions.deleteProvider };
  await change(iam, actor, access, 'identity provider', async (transaction) => {
    await requireProvider(transaction, actor, providerId);
    await deleteProviderRows(transaction, actor.accountId, providerId);
    await endDerivedSessions(transaction, [providerReference(providerId)]);
    return { result: undefined, resourceId: providerId };
  });
}

/**
 * `mode` says whether one must be there before; both are an error otherwise, as at the vendor. Other keys or another issuer end the
 * sessions that the ones before vouched for.
 */
export async function setOidcConfig(
  iam: IamContext,
  actor: Actor,
  providerId: string,
  config: OidcConfig,
  mode: 'create' | 'replace',
): Promise<OidcConfig> {
  const access = { action: iamActions.updateProvider };
  return change(iam, actor, access, 'identity provider', async (transaction) => {
    const provider = await requireProvider(transaction, actor, providerId);
    if (mode === 'create' && provider.oidc_config !== null)
      throw conflict('openid_connect_config', 'The identity provider has one already.');
    if (mode === 'replace' && provider.oidc_config === null)
      throw notFound('openid_connect_config', providerId);
    parseSigningKeys(config.signing_key);
    await requireProviderAuthority(iam, transaction, actor, provider);
    await updateProviderRow(transaction, actor.accountId, providerId, {
      oidc_config: JSON.stringify(config),
    });
    await endDerivedSessions(transaction, [providerReference(providerId)]);
    return { result: config, resourceId: providerId, detail: `OpenID Connect, issuer ${config.idp_url}` };
  });
}
