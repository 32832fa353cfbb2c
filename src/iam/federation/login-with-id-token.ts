import type { Principal, SessionHolder } from '../authentication/principal.ts';
import type { IamContext } from '../context.ts';
import { unauthenticated } from '../errors.ts';
import { findGroups } from '../groups/store.ts';
import type { IdentityProviderTable } from '../tables.ts';
import { storeIssued, type TokenAnswer } from '../tokens/create-token.ts';
import { describeToken } from '../tokens/describe-token.ts';
import { holderOfUser, newSession } from '../tokens/issue-session.ts';
import type { RequestOrigin } from '../tokens/request-origin.ts';
import { resolveScope, type ScopeRequest } from '../tokens/scope.ts';
import { findUsers } from '../users/store.ts';
import { applyMapping, type MappedUser, type MappingRule } from './mapping.ts';
import type { OidcConfig } from './oidc-config.ts';
import { findMappings, findProtocols, findProviderOfAnyAccount } from './store.ts';
import { verifyIdToken } from './verify-id-token.ts';

/** A token for who proves by the provider's signature who it is; 401 for every other. */
export async function loginWithIdToken(
  iam: IamContext,
  request: {
    readonly providerId: string;
    readonly idToken: string;
    readonly scope?: ScopeRequest | undefined;
  },
  origin: RequestOrigin,
): Promise<TokenAnswer> {
  const provider = await findProviderOfAnyAccount(iam.database, request.providerId);
  if (!provider?.enabled || provider.oidc_config === null) throw refused();
  const config = JSON.parse(provider.oidc_config) as OidcConfig;
  const claims = verifyIdToken(request.idToken, config, iam.clock.nowMs());
  const mapped = claims && applyMapping(await rulesOf(iam, provider), claims);
  if (!mapped) throw refused();

  const { holder, principal } = await resolveUser(iam, provider, mapped);
  const scope = await resolveScope(iam, provider.account_id, request.scope);
  const issued = newSession(iam, holder, scope, ['mapped']);
  await storeIssued(iam, issued, principal, origin);
  return {
    token: issued.token,
    body: await describeToken(iam, issued.session, principal, { withCatalog: true }),
  };
}

async function rulesOf(iam: IamContext, provider: IdentityProviderTable): Promise<readonly MappingRule[]> {
  const { account_id: accountId, provider_id: providerId } = provider;
  const [protocol] = await findProtocols(iam.database, accountId, { providerId });
  if (!protocol) return [];
  const [mapping] = await findMappings(iam.database, accountId, protocol.mapping_id);
  return mapping ? (JSON.parse(mapping.rules) as MappingRule[]) : [];
}

/** Either the account's user that has this external identity, or a virtual user that has what its groups have. */
async function resolveUser(
  iam: IamContext,
  provider: IdentityProviderTable,
  mapped: MappedUser,
): Promise<{ holder: SessionHolder; principal: Principal }> {
  if (provider.sso_type === 'iam_user_sso') {
    const [user] = await findUsers(iam.database, provider.account_id, { externalId: mapped.name });
    const principal = user && (await iam.principals.user(user.user_id));
    if (!principal) throw refused();
    return { holder: holderOfUser(principal), principal };
  }
  const groups = await findGroups(iam.database, provider.account_id);
  const groupIds = groups
    .filter((group) => mapped.groupNames.includes(group.name))
    .map((group) => group.group_id);
  const holder: SessionHolder = {
    account_id: provider.account_id,
    principal_kind: 'federated',
    principal_id: provider.provider_id,
    federated_name: mapped.name,
    federated_groups: JSON.stringify(groupIds),
    assumed_by: null,
    credentials_version: 0,
  };
  const principal = await iam.principals.ofHolder(holder);
  if (!principal) throw refused();
  return { holder, principal };
}

function refused() {
  return unauthenticated('The id token, its provider or its mapping does not lead to a user.');
}
