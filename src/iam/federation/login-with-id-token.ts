import { findAccount } from '../accounts/store.ts';
import type { Actor } from '../actor.ts';
import { noCredential } from '../authentication/credential.ts';
import type { Principal, SessionHolder } from '../authentication/principal.ts';
import type { IamContext } from '../context.ts';
import { unauthenticated } from '../errors.ts';
import { findGroups } from '../groups/store.ts';
import { requireAddress } from '../security-policies/require-address.ts';
import type { IdentityProviderTable } from '../tables.ts';
import { storeIssued, type TokenAnswer } from '../tokens/create-token.ts';
import { describeToken } from '../tokens/describe-token.ts';
import { holderOfUser, newSession, type SessionSource } from '../tokens/issue-session.ts';
import { loginActor } from '../tokens/login-actor.ts';
import type { RequestOrigin } from '../tokens/request-origin.ts';
import { resolveScope, type ScopeRequest } from '../tokens/scope.ts';
import { findUsers } from '../users/store.ts';
import {
  applyMapping,
  type MappedUser,
  type MappingRule,
  requireIdentity,
  UnusableIdentity,
} from './mapping.ts';
import type { OidcConfig } from './oidc-config.ts';
import { findMappings, findProtocols, findProviderOfAnyAccount } from './store.ts';
import { type Claims, verifyIdToken } from './verify-id-token.ts';

const loginAction = 'iam:tokens:create';

/** Gives a token to whom the provider's signature and the mapping lead to; 401 for everybody else. */
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
  if (!provider) throw refused();
  const claims = claimsOf(iam, provider, request.idToken);
  if (!claims) {
    const actor = await providerActor(iam, provider, origin);
    // Anybody may send these.
    await iam.repeatedRefusals.record(actor, {
      action: loginAction,
      resourceId: provider.provider_id,
      detail:
        'The provider is disabled or not configured, or the id token is not its own, not for here or not valid now.',
    });
    throw refused();
  }

  const resolved = await resolveRecorded(iam, provider, claims, origin);
  const { principal } = resolved;
  const actor = loginActor(principal, origin);
  await requireAddress(iam, actor, { principal, session: undefined }, 'login');
  const scope = await resolveScope(iam, actor, request.scope);
  const source: SessionSource = {
    ...resolved,
    methods: ['mapped'],
    parent: { kind: 'provider', providerId: provider.provider_id },
    isFull: false,
    latestEnd: undefined,
  };
  const issued = newSession(iam, source, scope, origin);
  await storeIssued(iam, issued, principal, origin);
  return {
    token: issued.token,
    body: await describeToken(iam, issued.session, principal, { withCatalog: true }),
  };
}

/** Records why an identity that the provider vouched for is not let in. */
async function resolveRecorded(
  iam: IamContext,
  provider: IdentityProviderTable,
  claims: Claims,
  origin: RequestOrigin,
): Promise<ResolvedUser> {
  try {
    return await resolveUser(iam, provider, applyMapping(await rulesOf(iam, provider), claims), claims);
  } catch (error) {
    if (!(error instanceof UnusableIdentity)) throw error;
    const actor = await providerActor(iam, provider, origin);
    await iam.accessControl.recordRefusal(actor, loginAction, provider.provider_id, error.message);
    throw refused();
  }
}

function claimsOf(
  iam: IamContext,
  { enabled, oidc_config }: IdentityProviderTable,
  idToken: string,
): Claims | undefined {
  if (enabled !== 1 || oidc_config === null) return undefined;
  return verifyIdToken(idToken, JSON.parse(oidc_config) as OidcConfig, iam.clock.nowMs());
}

/** The actor of audit records about a login that led to no user. */
async function providerActor(
  iam: IamContext,
  { account_id: accountId, provider_id: providerId }: IdentityProviderTable,
  origin: RequestOrigin,
): Promise<Actor> {
  const account = await findAccount(iam.database, accountId);
  return {
    kind: 'user',
    accountId,
    accountName: account?.name ?? '',
    principalId: providerId,
    principalName: providerId,
    isRoot: false,
    projectId: undefined,
    accessKeyId: undefined,
    credential: noCredential,
    ...origin,
  };
}

async function rulesOf(iam: IamContext, provider: IdentityProviderTable): Promise<readonly MappingRule[]> {
  const { account_id: accountId, provider_id: providerId } = provider;
  const [protocol] = await findProtocols(iam.database, accountId, { providerId });
  if (!protocol) return [];
  const [mapping] = await findMappings(iam.database, accountId, protocol.mapping_id);
  return mapping ? (JSON.parse(mapping.rules) as MappingRule[]) : [];
}

interface ResolvedUser {
  readonly holder: SessionHolder;
  readonly principal: Principal;
}

/** Either the account's user that has this external identity, or a virtual user that has what its groups have. */
async function resolveUser(
  iam: IamContext,
  provider: IdentityProviderTable,
  mapped: MappedUser,
  claims: Claims,
): Promise<ResolvedUser> {
  if (provider.sso_type === 'iam_user_sso') return resolveOwnUser(iam, provider, mapped);
  const name = mapped.name ?? requireIdentity(String(claims.sub));
  const groups = await findGroups(iam.database, provider.account_id);
  const groupIds = groups
    .filter((group) => mapped.groupNames.includes(group.name))
    .map((group) => group.group_id);
  const holder: SessionHolder = {
    account_id: provider.account_id,
    principal_kind: 'federated',
    principal_id: provider.provider_id,
    federated_name: name,
    federated_groups: JSON.stringify(groupIds),
    assumed_by: null,
    credentials_version: 0,
  };
  const principal = await iam.principals.ofHolder(holder);
  if (!principal) throw new UnusableIdentity('the provider or its account is disabled');
  return { holder, principal };
}

/** The root user signs in with its own password only: no provider can vouch for it. */
async function resolveOwnUser(
  iam: IamContext,
  provider: IdentityProviderTable,
  mapped: MappedUser,
): Promise<ResolvedUser> {
  if (mapped.name === undefined) throw new UnusableIdentity('no rule of the mapping names the user');
  const [user, ...others] = await findUsers(iam.database, provider.account_id, { externalId: mapped.name });
  if (!user) throw new UnusableIdentity('no user has this external identity (xuser_id)');
  if (others.length > 0) throw new UnusableIdentity('several users have this external identity (xuser_id)');
  if (user.is_root === 1) throw new UnusableIdentity('the root user cannot log in through a provider');
  const principal = await iam.principals.user(user.user_id);
  if (!principal) throw new UnusableIdentity(`the user ${user.name} is disabled`);
  if (principal.accessMode === 'programmatic')
    throw new UnusableIdentity(`the access_mode of the user ${user.name} is programmatic`);
  return { holder: holderOfUser(principal), principal };
}

function refused() {
  return unauthenticated('The id token, its provider or its mapping does not lead to a user.');
}
