import type { Actor } from '../actor.ts';
import { recordedChange } from '../change.ts';
import type { IamContext } from '../context.ts';
import { forbidden, notFound } from '../errors.ts';
import type { AccountTable } from '../tables.ts';
import { requireOperator } from './create-account.ts';
import { findAccount, setAccountEnabled } from './store.ts';

/** Nobody of a disabled account can authenticate; its resources stay. */
export async function enableAccount(
  iam: IamContext,
  actor: Actor,
  accountId: string,
  enabled: boolean,
): Promise<AccountTable> {
  await requireOperator(iam, actor, 'change');
  if (accountId === actor.accountId) throw forbidden('The first account cannot disable itself.');
  return recordedChange(iam, actor, 'iam:accounts:enable', 'account', async (transaction) => {
    const account = await findAccount(transaction, accountId);
    if (!account) throw notFound('account', accountId);
    await setAccountEnabled(transaction, accountId, enabled);
    const result: AccountTable = { ...account, enabled: enabled ? 1 : 0 };
    return {
      result,
      resourceId: accountId,
      resourceName: account.name,
      detail: enabled ? 'enabled' : 'disabled',
    };
  });
}
