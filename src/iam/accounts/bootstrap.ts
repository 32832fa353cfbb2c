import type { IamContext } from '../context.ts';
import { type CreatedAccount, type NewAccount, openAccount } from './create-account.ts';
import { listAccounts } from './store.ts';

/**
 * Makes the first account if there is none; undefined if there is. Several nodes may start at the same time. `keep` is called before
 * the account is committed, and what it throws leaves none: its secrets are not to be had afterwards.
 */
export async function bootstrap(
  iam: IamContext,
  first: NewAccount,
  keep?: (created: CreatedAccount) => Promise<void>,
): Promise<CreatedAccount | undefined> {
  if ((await listAccounts(iam.database)).length > 0) return undefined;
  try {
    return await openAccount(iam, undefined, first, 'first', keep);
  } catch (error) {
    // Another node was faster: the name was taken meanwhile.
    if ((await listAccounts(iam.database)).length > 0) return undefined;
    throw error;
  }
}
