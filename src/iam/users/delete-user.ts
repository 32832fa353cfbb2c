import type { Actor } from '../actor.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { forbidden, notFound } from '../errors.ts';
import { iamActions } from '../permissions.ts';
import { deleteFactorRows } from '../second-factor/factor-store.ts';
import { deleteUserRows, findUser } from './store.ts';

/** With the user go its keys, second factors, sessions, memberships and grants. */
export async function deleteUser(iam: IamContext, actor: Actor, userId: string): Promise<void> {
  await change(iam, actor, { action: iamActions.deleteUser }, 'user', async (transaction) => {
    const user = await findUser(transaction, actor.accountId, userId);
    if (!user) throw notFound('user', userId);
    if (user.is_root === 1) throw forbidden('The root user cannot be deleted.');
    await deleteFactorRows(transaction, actor.accountId, userId);
    await deleteUserRows(transaction, actor.accountId, userId);
    return { result: undefined, resourceId: userId, resourceName: user.name };
  });
}
