import type { Transaction } from '../../platform/db/index.ts';
import type { Principal, SessionHolder } from '../authentication/principal.ts';
import { hashToken, newAccessKeyId, newSecretKey, newToken } from '../authentication/secrets.ts';
import { secretPlace } from '../authentication/signing-key.ts';
import type { IamContext } from '../context.ts';
import type { SessionTable } from '../tables.ts';
import type { TokenScope } from './scope.ts';
import { insertSession } from './store.ts';

export interface IssuedSession {
  /** Given to the client and not stored. */
  readonly token: string;
  readonly session: SessionTable;
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

/** Not stored yet. Lives as long as `lifetimeMs`, but not beyond `latestEnd`, the end of what it comes from. */
export function newSession(
  iam: IamContext,
  holder: SessionHolder,
  scope: TokenScope,
  methods: readonly string[],
  {
    lifetimeMs = tokenLifetimeMs,
    latestEnd = Number.POSITIVE_INFINITY,
  }: { readonly lifetimeMs?: number; readonly latestEnd?: number | undefined } = {},
): IssuedSession {
  const token = newToken(iam.random);
  // Read once: two readings would make lifetimes that are a millisecond off.
  const issuedAt = iam.clock.nowMs();
  return {
    token,
    session: {
      ...holder,
      token_hash: hashToken(token),
      use: 'bearer',
      access_key: null,
      wrapped_secret: null,
      project_id: scope.kind === 'project' ? scope.project.project_id : null,
      scope: scope.kind,
      methods: JSON.stringify(methods),
      issued_at: issuedAt,
      expires_at: Math.min(issuedAt + lifetimeMs, latestEnd),
    },
  };
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
    access_key: accessKey,
    wrapped_secret: wrapped,
  };
  return { token: issued.token, session, accessKey, secret };
}

export function storeSession(transaction: Transaction, issued: IssuedSession): Promise<void> {
  return insertSession(transaction, issued.session);
}
