import type { Authentication } from '../authentication/authenticator.ts';
import type { IamContext } from '../context.ts';
import { badRequest, unauthenticated } from '../errors.ts';
import { findProject } from '../projects/store.ts';
import type { SessionTable } from '../tables.ts';
import { formatMicroseconds } from '../timestamps.ts';
import { requireKeyMode } from './access-mode.ts';
import { type AgencyReference, assumeAgency } from './assume-agency.ts';
import { sourceOfToken, storeIssued } from './create-token.ts';
import { newSession, newTemporaryKey, type SessionSource } from './issue-session.ts';
import { loginActor } from './login-actor.ts';
import type { RequestOrigin } from './request-origin.ts';
import type { TokenScope } from './scope.ts';

interface Duration {
  readonly duration_seconds?: number;
}

export interface TemporaryKeyRequest {
  readonly identity: {
    readonly methods: readonly string[];
    readonly token?: Duration & { readonly id?: string };
    readonly assume_role?: Duration & AgencyReference;
    readonly policy?: unknown;
  };
}

const shortestSeconds = 900;
const longestSeconds = 86_400;

/** Access key, secret and security token that live as long as asked for, but not longer than what they come from. */
export async function createTemporaryKey(
  iam: IamContext,
  request: TemporaryKeyRequest,
  origin: RequestOrigin,
  tokenOfCaller: string | undefined,
  authenticate: () => Promise<Authentication>,
): Promise<object> {
  const { identity } = request;
  // To ignore it would give away more than the caller meant to.
  if (identity.policy !== undefined) throw badRequest('auth.identity.policy is not supported.');
  const source = await proveSource(iam, identity, origin, tokenOfCaller, authenticate);
  const issued = newSession(iam, source, source.scope, origin, 1000 * source.seconds);
  const temporary = await newTemporaryKey(iam, issued);
  await storeIssued(iam, temporary, source.principal, origin);
  return {
    credential: {
      access: temporary.accessKey,
      secret: temporary.secret,
      securitytoken: temporary.token,
      expires_at: formatMicroseconds(temporary.session.expires_at),
    },
  };
}

async function proveSource(
  iam: IamContext,
  identity: TemporaryKeyRequest['identity'],
  origin: RequestOrigin,
  tokenOfCaller: string | undefined,
  authenticate: () => Promise<Authentication>,
): Promise<SessionSource & { readonly scope: TokenScope; readonly seconds: number }> {
  const [method] = identity.methods;
  if (method === 'token') {
    const known = await iam.authenticator.describeToken(identity.token?.id ?? tokenOfCaller ?? '');
    if (!known) throw unauthenticated();
    const source = await sourceOfToken(iam, known, origin);
    await requireKeyMode(iam, loginActor(known.principal, origin), known.principal);
    return {
      ...source,
      scope: await scopeOf(iam, known.session),
      seconds: secondsOf(identity.token, 'token'),
    };
  }
  if (method === 'assume_role' && identity.assume_role) {
    const seconds = secondsOf(identity.assume_role, 'assume_role');
    const source = await assumeAgency(iam, await authenticate(), identity.assume_role);
    return { ...source, scope: { kind: 'domain' }, seconds };
  }
  throw badRequest('auth.identity.methods must be ["token"] or ["assume_role"], with the part of that name.');
}

function secondsOf(part: Duration | undefined, name: string): number {
  const seconds = part?.duration_seconds ?? shortestSeconds;
  if (seconds < shortestSeconds || seconds > longestSeconds)
    throw badRequest(
      `auth.identity.${name}.duration_seconds must be ${shortestSeconds} to ${longestSeconds}.`,
    );
  return seconds;
}

async function scopeOf(iam: IamContext, session: SessionTable): Promise<TokenScope> {
  if (session.scope !== 'project' || session.project_id === null)
    return { kind: session.scope === 'domain' ? 'domain' : 'unscoped' };
  const project = await findProject(iam.database, session.account_id, session.project_id);
  if (!project) throw unauthenticated();
  return { kind: 'project', project };
}
