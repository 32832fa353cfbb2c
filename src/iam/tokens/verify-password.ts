import { findAccount } from '../accounts/store.ts';
import type { Actor } from '../actor.ts';
import { noCredential } from '../authentication/credential.ts';
import type { Principal } from '../authentication/principal.ts';
import type { IamContext } from '../context.ts';
import { badRequest, wrongCredentials } from '../errors.ts';
import { defaultPasswordAttempts } from '../security-policies/security-settings.ts';
import type { UserTable } from '../tables.ts';
import { findUserOfAnyAccount, findUsers } from '../users/store.ts';
import type { RequestOrigin } from './request-origin.ts';
import { findReferencedAccount, type NamedReference } from './scope.ts';

export interface PasswordCredentials {
  readonly id?: string;
  readonly name?: string;
  readonly domain?: NamedReference;
  readonly password: string;
}

/**
 * Returns the user whose password it is. An unknown user, one that may not sign in by password from here, and a wrong password are
 * answered alike and take as long. After as many failures from one source as the account's login policy says the name is locked for
 * that source, whether it exists or not.
 */
export async function verifyPassword(
  iam: IamContext,
  credentials: PasswordCredentials,
  origin: RequestOrigin,
): Promise<Principal> {
  const { user, accountId } = await findNamedUser(iam, credentials);
  const { id, name, domain } = credentials;
  const called = user ? `user ${user.user_id}` : JSON.stringify([id, name, domain?.id, domain?.name]);
  const rule = accountId ? (await iam.security.of(accountId)).passwordAttempts : defaultPasswordAttempts;
  using attempt = await iam.loginAttempts.reserve({ name: called, sourceIp: origin.sourceIp }, rule);

  const obstacle = user && (await obstacleTo(iam, user, origin));
  // Not compared where it could not be used: the answer would tell whether it is right.
  const storedHash = obstacle === undefined ? user?.password_hash : undefined;
  const isRight = await iam.passwords.verify(credentials.password, storedHash, attempt);
  const principal = isRight && user ? await iam.principals.user(user.user_id) : undefined;
  // A password that was changed while it was compared counts no longer.
  if (principal && principal.credentialsVersion === user?.credentials_version) {
    attempt.succeeded();
    return principal;
  }
  const locks = attempt.failed();
  if (user) await recordFailure(iam, user, origin, obstacle ?? wrongOrLocked(locks));
  throw wrongCredentials();
}

/** Returns why no password of the user is taken from here; undefined if one is. */
async function obstacleTo(
  iam: IamContext,
  user: UserTable,
  { sourceIp }: RequestOrigin,
): Promise<string | undefined> {
  if (user.enabled !== 1) return 'The user is disabled; the password was not compared.';
  if (user.access_mode === 'programmatic')
    return 'The access_mode of the user is programmatic; the password was not compared.';
  const { loginAddresses } = await iam.security.of(user.account_id);
  if (user.is_root === 1 || loginAddresses === undefined || loginAddresses.allows(sourceIp)) return undefined;
  return `The address ${sourceIp} is not in the console-acl-policy of the account; the password was not compared.`;
}

function wrongOrLocked(locks: boolean): string {
  return locks
    ? 'Wrong password; the user is locked for this source.'
    : 'Wrong password or disabled account.';
}

/** Finds the user, and the account that the name is in even without such a user: both are limited alike. */
async function findNamedUser(
  iam: IamContext,
  credentials: PasswordCredentials,
): Promise<{ readonly user: UserTable | undefined; readonly accountId: string | undefined }> {
  const { id, name, domain } = credentials;
  const place = 'auth.identity.password.user';
  if (id !== undefined) {
    if (name !== undefined || domain !== undefined)
      throw badRequest(`${place} must have id or name, not both.`);
    const user = await findUserOfAnyAccount(iam.database, id);
    return { user, accountId: user?.account_id };
  }
  if (name === undefined || domain === undefined)
    throw badRequest(`${place} must have id, or name and domain.`);
  const account = await findReferencedAccount(iam, domain, `${place}.domain`);
  if (!account) return { user: undefined, accountId: undefined };
  const [user] = await findUsers(iam.database, account.account_id, { name });
  return { user, accountId: account.account_id };
}

async function recordFailure(
  iam: IamContext,
  user: UserTable,
  origin: RequestOrigin,
  detail: string,
): Promise<void> {
  const account = await findAccount(iam.database, user.account_id);
  const actor: Actor = {
    kind: 'user',
    accountId: user.account_id,
    accountName: account?.name ?? '',
    principalId: user.user_id,
    principalName: user.name,
    isRoot: user.is_root === 1,
    projectId: undefined,
    accessKeyId: undefined,
    credential: noCredential,
    ...origin,
  };
  await iam.accessControl.recordRefusal(actor, 'iam:tokens:create', user.user_id, detail);
}
