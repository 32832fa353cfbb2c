import type { IamContext } from '../context.ts';
import { type CreatedAccount, type NewAccount, openAccount } from './create-account.ts';
import { listAccounts } from './store.ts';

/** Makes the first account if there is none; undefined if there is. Several nodes may start at the same time. */
export async function bootstrap(iam: IamContext, first: NewAccount): Promise<CreatedAccount | undefined> {
  if ((await listAccounts(iam.database)).length > 0) return undefined;
  try {
    return await openAccount(iam, undefined, first, 'first');
  } catch (error) {
    // Another node was faster: the name was taken meanwhile.
    if ((await listAccounts(iam.database)).length > 0) return undefined;
    throw error;
  }
}
