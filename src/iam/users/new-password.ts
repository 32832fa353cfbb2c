import type { Transaction } from '../../platform/db/index.ts';
import type { Actor } from '../actor.ts';
import type { IamContext } from '../context.ts';
import { badRequest } from '../errors.ts';
import { mostRemembered } from '../security-policies/policies.ts';
import type { UserTable } from '../tables.ts';
import { checkPassword } from './password-policy.ts';
import { findEarlierPasswords, insertEarlierPassword } from './store.ts';

type PasswordColumns = Pick<UserTable, 'password_hash' | 'password_strength' | 'password_changed_at'>;

/** Checks a password against the account's rules, those about earlier passwords too, and hashes it. */
export async function passwordColumns(
  iam: IamContext,
  actor: Actor,
  password: string,
  { name, user }: { readonly name: string; readonly user?: UserTable },
): Promise<PasswordColumns> {
  const { password: policy } = await iam.security.of(actor.accountId);
  const strength = checkPassword(password, name, policy);
  if (user) await requireNewPassword(iam, actor, user, password, policy.remembered);
  return {
    password_hash: await iam.passwords.hash(password, actor.accountId),
    password_strength: strength,
    password_changed_at: iam.clock.nowMs(),
  };
}

/** Throws 400 while the account's minimum age of passwords forbids a user to choose another one. */
export async function requireMinimumAge(iam: IamContext, user: UserTable): Promise<void> {
  const { minimumAgeMinutes } = (await iam.security.of(user.account_id)).password;
  // Who was given a password by somebody else is meant to change it.
  if (minimumAgeMinutes === 0 || user.password_reset === 1) return;
  if (iam.clock.nowMs() < (user.password_changed_at ?? 0) + minimumAgeMinutes * 60_000)
    throw badRequest(
      `password was changed less than ${minimumAgeMinutes} minutes ago, the minimum age in this account.`,
    );
}

/** Remembers the password that is being replaced, for as many as an account may ask for. */
export async function rememberPassword(
  transaction: Transaction,
  user: UserTable,
  nowMs: number,
): Promise<void> {
  if (user.password_hash === null) return;
  await insertEarlierPassword(transaction, user, nowMs, mostRemembered);
}

/** A match is audited: trying passwords here tells the caller about those of the user. */
async function requireNewPassword(
  iam: IamContext,
  actor: Actor,
  user: UserTable,
  password: string,
  remembered: number,
): Promise<void> {
  if (remembered === 0) return;
  const earlier = await findEarlierPasswords(iam.database, user, remembered - 1);
  for (const hash of [user.password_hash, ...earlier]) {
    if (hash === null || !(await iam.passwords.matches(password, hash, actor.accountId))) continue;
    const detail = 'The new password is one of those that were used last.';
    await iam.accessControl.recordRefusal(actor, 'iam:users:changePassword', user.user_id, detail);
    throw badRequest(
      `password must not be one that was used before; this account compares the last ${remembered}.`,
    );
  }
}
