import type { Reader } from '../../platform/db/index.ts';
import type { Actor } from '../actor.ts';
import { requireCredentialAuthority } from '../authority.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { conflict, forbidden, notFound } from '../errors.ts';
import { iamActions } from '../permissions.ts';
import { deleteFactorRows } from '../second-factor/factor-store.ts';
import { currentPolicy } from '../security-policies/manage-security-policies.ts';
import { deleteUserRows, findUser } from './store.ts';

/**
 * With the user go its keys, second factors, sessions, memberships and grants. By those who may do all that the user may: to delete a
 * user is to take it all from it. 409 while the approval policy names the user.
 */
export async function deleteUser(iam: IamContext, actor: Actor, userId: string): Promise<void> {
  await change(iam, actor, { action: iamActions.deleteUser }, 'user', async (transaction) => {
    const user = await findUser(transaction, actor.accountId, userId);
    if (!user) throw notFound('user', userId);
    if (user.is_root === 1) throw forbidden('The root user cannot be deleted.');
    await requireCredentialAuthority(transaction, iam, actor, user);
    await requireNoApprover(transaction, actor.accountId, userId);
    await deleteFactorRows(transaction, actor.accountId, userId);
    await deleteUserRows(transaction, actor.accountId, userId);
    return { result: undefined, resourceId: userId, resourceName: user.name };
  });
}

/** Without its approvers an account could not even change the policy that names them. */
async function requireNoApprover(reader: Reader, accountId: string, userId: string): Promise<void> {
  const { approverIds } = await currentPolicy(reader, accountId, 'approval-policy');
  if (approverIds.includes(userId))
    throw conflict('user', 'The approval policy names it (approver_ids): name others there first.');
}
