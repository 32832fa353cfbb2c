import type { Transaction } from '../../platform/db/index.ts';
import { lockActiveAccessKey } from '../access-keys/store.ts';
import type { Principal, SessionHolder } from '../authentication/principal.ts';
import { hashToken, newAccessKeyId, newSecretKey, newToken } from '../authentication/secrets.ts';
import { secretPlace } from '../authentication/signing-key.ts';
import type { IamContext } from '../context.ts';
import { unauthenticated } from '../errors.ts';
import { lockEnabledProvider } from '../federation/store.ts';
import type { SessionTable } from '../tables.ts';
import { makeRoomForSession } from './make-room-for-session.ts';
import type { RequestOrigin } from './request-origin.ts';
import type { TokenScope } from './scope.ts';
import { parentReference, type SessionParent } from './session-parent.ts';
import { insertSession, lockSession } from './store.ts';

export interface IssuedSession {
  /** Given to the client and not stored. */
  readonly token: string;
  readonly session: SessionTable;
  readonly parent: SessionParent | undefined;
}

const tokenLifetimeMs = 24 * 60 * 60_000;

export function holderOfUser(user: Principal): SessionHolder {
  return {
    account_id: user.accountId,
    principal_kind: 'user',
    principal_id: user.principalId,
    federated_name: null,
    federated_groups: null,
    assumed_by: null,
    credentials_version: user.credentialsVersion,
  };
}

/** The holder of a session and its origin. */
export interface SessionSource {
  readonly holder: SessionHolder;
  readonly principal: Principal;
  readonly methods: readonly string[];
  /** Undefined for a login by the user in person. */
  readonly parent: SessionParent | undefined;
  /** Whether what it comes from is the user in person; a session that is bound to a project is not. */
  readonly isFull: boolean;
  /** End of the session's origin; undefined if that sets none. */
  readonly latestEnd: number | undefined;
  /** When the login proved a second factor; a derived session inherits that of its parent. */
  readonly secondFactorAt?: number | undefined;
}

/** Not stored yet. Lives as long as `lifetimeMs`, but not beyond the end of what it comes from. */
export function newSession(
  iam: IamContext,
  source: SessionSource,
  scope: TokenScope,
  origin: RequestOrigin,
  lifetimeMs = tokenLifetimeMs,
): IssuedSession {
  const { holder, methods, parent, isFull, latestEnd = Number.POSITIVE_INFINITY } = source;
  const token = newToken(iam.random);
  // Read once: two readings would make lifetimes that are a millisecond off.
  const issuedAt = iam.clock.nowMs();
  return {
    token,
    parent,
    session: {
      ...holder,
      token_hash: hashToken(token),
      session_id: iam.random.hexId(),
      parent: parent ? parentReference(parent) : null,
      is_full: isFull && scope.kind !== 'project' ? 1 : 0,
      source_ip: origin.sourceIp ?? null,
      use: 'bearer',
      access_key: null,
      wrapped_secret: null,
      project_id: scope.kind === 'project' ? scope.project.project_id : null,
      scope: scope.kind,
      methods: JSON.stringify(methods),
      issued_at: issuedAt,
      expires_at: Math.min(issuedAt + lifetimeMs, latestEnd),
      last_used_at: null,
      second_factor_at: secondFactorOf(source),
    },
  };
}

function secondFactorOf({ parent, secondFactorAt }: SessionSource): number | null {
  return parent?.kind === 'session' ? parent.session.second_factor_at : (secondFactorAt ?? null);
}

export interface TemporaryAccessKey extends IssuedSession {
  readonly accessKey: string;
  readonly secret: string;
}

/** A session that is used by signing; its token is the security token. Not stored yet. */
export async function newTemporaryKey(iam: IamContext, issued: IssuedSession): Promise<TemporaryAccessKey> {
  const accessKey = newAccessKeyId(iam.random, 'temporary');
  const secret = newSecretKey(iam.random);
  const wrapped = await iam.secretWrapper.wrap(Buffer.from(secret, 'utf8'), secretPlace(accessKey));
  const session: SessionTable = {
    ...issued.session,
    use: 'signature',
    is_full: 0,
    access_key: accessKey,
    wrapped_secret: wrapped,
  };
  return { ...issued, session, accessKey, secret };
}

/** Throws 401 if what the session comes from has ended meanwhile. */
export async function storeSession(
  transaction: Transaction,
  { session, parent }: IssuedSession,
): Promise<void> {
  if (parent && !(await lockParent(transaction, parent, session.issued_at))) throw unauthenticated();
  await makeRoomForSession(transaction, session);
  await insertSession(transaction, session);
}

/** Keeps the parent until the end of the transaction: it cannot end between the check and the new session. */
function lockParent(transaction: Transaction, parent: SessionParent, nowMs: number): Promise<boolean> {
  switch (parent.kind) {
    case 'session':
      return lockSession(transaction, parent.session.session_id, nowMs);
    case 'access-key':
      return lockActiveAccessKey(transaction, parent.accessKey);
    case 'provider':
      return lockEnabledProvider(transaction, parent.providerId);
  }
}
