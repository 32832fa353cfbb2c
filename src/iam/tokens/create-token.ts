import type { Authentication } from '../authentication/authenticator.ts';
import type { Principal, SessionHolder } from '../authentication/principal.ts';
import { recordedChange } from '../change.ts';
import type { IamContext } from '../context.ts';
import { badRequest, unauthenticated } from '../errors.ts';
import type { Assertion } from '../second-factor/passkeys/passkey-schemas.ts';
import { requireAddress } from '../security-policies/require-address.ts';
import type { SessionTable } from '../tables.ts';
import { updateUserRow } from '../users/store.ts';
import { requireOwnPassword } from './access-mode.ts';
import { type AgencyReference, assumeAgency } from './assume-agency.ts';
import { describeToken } from './describe-token.ts';
import {
  holderOfUser,
  type IssuedSession,
  newSession,
  type SessionSource,
  storeSession,
} from './issue-session.ts';
import { loginActor } from './login-actor.ts';
import { provePerson } from './prove-person.ts';
import type { RequestOrigin } from './request-origin.ts';
import { resolveScope, type ScopeRequest } from './scope.ts';
import type { PasswordCredentials } from './verify-password.ts';

export interface TokenRequest {
  readonly identity: {
    readonly methods: readonly string[];
    readonly password?: { readonly user: PasswordCredentials };
    readonly totp?: { readonly user: { readonly id: string; readonly passcode: string } };
    readonly recovery_code?: { readonly code: string };
    readonly passkey?: { readonly response: Assertion };
    readonly token?: { readonly id: string };
    readonly assume_role?: AgencyReference;
  };
  readonly scope?: ScopeRequest;
}

export interface TokenAnswer {
  readonly token: string;
  readonly body: object;
}

/** `authenticate` is asked only for assume_role, which needs a caller. 401 where the proof fails. */
export async function createToken(
  iam: IamContext,
  request: TokenRequest,
  origin: RequestOrigin,
  authenticate: () => Promise<Authentication>,
  options: { readonly withCatalog: boolean },
): Promise<TokenAnswer> {
  const proven = await prove(iam, request, origin, authenticate);
  const scope = await resolveScope(iam, loginActor(proven.principal, origin), request.scope);
  const issued = newSession(iam, proven, scope, origin);
  await storeIssued(iam, issued, proven.principal, origin);
  return { token: issued.token, body: await describeToken(iam, issued.session, proven.principal, options) };
}

async function prove(
  iam: IamContext,
  { identity }: TokenRequest,
  origin: RequestOrigin,
  authenticate: () => Promise<Authentication>,
): Promise<SessionSource> {
  if (identity.methods.includes('password') || identity.methods.includes('passkey')) {
    const person = await provePerson(iam, identity, origin);
    const holder = holderOfUser(person.principal);
    return { ...person, holder, parent: undefined, isFull: true, latestEnd: undefined };
  }
  const [method, ...more] = identity.methods;
  if (more.length > 0)
    throw badRequest('auth.identity.methods must have one method, unless one is password or passkey.');
  if (method === 'token' && identity.token) {
    const known = await iam.authenticator.describeToken(identity.token.id);
    if (!known) throw unauthenticated();
    return sourceOfToken(iam, known, origin);
  }
  if (method === 'assume_role' && identity.assume_role) {
    return assumeAgency(iam, await authenticate(), identity.assume_role);
  }
  throw badRequest(`auth.identity must have the part that its method ${method} names.`);
}

/**
 * For a session that follows from a token: it ends with the token, and is no more in person than that. Throws AccessDenied where the
 * token may not be used.
 */
export async function sourceOfToken(
  iam: IamContext,
  { session, principal }: { readonly session: SessionTable; readonly principal: Principal },
  origin: RequestOrigin,
): Promise<SessionSource> {
  const actor = loginActor(principal, origin);
  const methods = JSON.parse(session.methods) as string[];
  await requireAddress(iam, actor, { principal, session }, 'api');
  await requireOwnPassword(iam, actor, { principal, methods });
  return {
    holder: holderOfSession(session),
    principal,
    methods: [...new Set(['token', ...methods])],
    parent: { kind: 'session', session },
    isFull: session.is_full === 1,
    latestEnd: session.expires_at,
  };
}

function holderOfSession(session: SessionHolder): SessionHolder {
  const {
    account_id,
    principal_kind,
    principal_id,
    federated_name,
    federated_groups,
    assumed_by,
    credentials_version,
  } = session;
  return {
    account_id,
    principal_kind,
    principal_id,
    federated_name,
    federated_groups,
    assumed_by,
    credentials_version,
  };
}

/** Stores a session with its audit record; a login is noted at the user. */
export async function storeIssued(
  iam: IamContext,
  issued: IssuedSession,
  principal: Principal,
  origin: RequestOrigin,
): Promise<void> {
  const { session } = issued;
  await recordedChange(
    iam,
    loginActor(principal, origin),
    'iam:tokens:create',
    'token',
    async (transaction) => {
      await storeSession(transaction, issued);
      if (isLogin(session))
        await updateUserRow(transaction, session.account_id, session.principal_id, {
          last_login_at: session.issued_at,
        });
      const detail = `by ${(JSON.parse(session.methods) as string[]).join(', ')}, ${session.use}`;
      return {
        result: undefined,
        resourceId: session.access_key ?? principal.principalId,
        resourceName: principal.principalName,
        detail,
      };
    },
  );
}

/** 1 if the session is the user's own login, not a federated or derived one. */
function isLogin({ parent, principal_kind }: SessionTable): boolean {
  return principal_kind === 'user' && parent === null;
}
