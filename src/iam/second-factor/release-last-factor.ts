import type { Transaction } from '../../platform/db/index.ts';
import { conflict } from '../errors.ts';
import { factorsOf, hasAnyFactor, isLoginProtected } from './factor-store.ts';
import { deleteRecoveryCodes } from './recovery-code-store.ts';

/**
 * Tidies up after a factor was removed in the transaction. The last one cannot go while login protection is on: the user could not
 * sign in any more, or protection would end unnoticed. Recovery codes stand for a factor and go with the last.
 */
export async function releaseLastFactor(
  transaction: Transaction,
  accountId: string,
  userId: string,
): Promise<void> {
  if (hasAnyFactor(await factorsOf(transaction, accountId, userId))) return;
  if (await isLoginProtected(transaction, accountId, userId))
    throw conflict(
      'login protection',
      'This is the last second factor of a user with login protection: add another one or turn the protection off first.',
    );
  await deleteRecoveryCodes(transaction, { accountId, userId });
}
