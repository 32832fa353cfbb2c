import type { Transaction } from '../../platform/db/index.ts';
import type { Actor } from '../actor.ts';
import { requireAuthorityOver, requireCredentialAuthority } from '../authority.ts';
import { serialChange } from '../change.ts';
import type { IamContext } from '../context.ts';
import { forbidden, notFound } from '../errors.ts';
import { accessKeyLimit } from '../limits/iam-limits.ts';
import { requireRoom } from '../limits/require-room.ts';
import { iamActions } from '../permissions.ts';
import { authorizeUnlessSelf, isSelf, requireFullSession } from '../self-service.ts';
import type { AccessKeyTable, UserTable } from '../tables.ts';
import { accessKeyReference } from '../tokens/session-parent.ts';
import { endDerivedSessions } from '../tokens/store.ts';
import { findUser } from '../users/store.ts';
import { type AccessKeyWithSecret, newAccessKey } from './new-access-key.ts';
import {
  accessKeysOf,
  deleteAccessKeyRow,
  findAccessKey,
  insertAccessKey,
  updateAccessKeyRow,
} from './store.ts';

/**
 * Users may manage their own keys without a permission, in full sessions. Others make, disable and delete keys of users who may do no
 * more than they themselves.
 */
export async function createAccessKey(
  iam: IamContext,
  actor: Actor,
  userId: string,
  description: string,
): Promise<AccessKeyWithSecret> {
  await authorizeKeyChange(iam, actor, userId, iamActions.createAccessKey);
  const made = await newAccessKey(iam, { accountId: actor.accountId, userId }, description);
  return serialChange(iam, actor, iamActions.createAccessKey, 'credential', async (transaction) => {
    const user = await findUser(transaction, actor.accountId, userId);
    if (!user) throw notFound('user', userId);
    await requireCredentialAuthority(transaction, iam, actor, user);
    if (user.access_mode === 'console')
      throw forbidden('The access_mode of the user is console: it cannot have access keys.');
    await requireRoom(transaction, actor.accountId, accessKeyLimit, { owner: userId });
    await insertAccessKey(transaction, made.row);
    return { result: made, resourceId: made.row.access_key, detail: `of user ${userId}` };
  });
}

export async function listAccessKeys(
  iam: IamContext,
  actor: Actor,
  userId: string,
): Promise<AccessKeyTable[]> {
  await authorizeUnlessSelf(iam, actor, userId, iamActions.listAccessKeys);
  return accessKeysOf(iam.database, actor.accountId, userId);
}

export async function getAccessKey(
  iam: IamContext,
  actor: Actor,
  accessKey: string,
): Promise<AccessKeyTable> {
  const key = await findAccessKey(iam.database, actor.accountId, accessKey);
  await authorizeUnlessSelf(iam, actor, key?.user_id ?? '', iamActions.getAccessKey);
  if (!key) throw notFound('credential', accessKey);
  return key;
}

export async function updateAccessKey(
  iam: IamContext,
  actor: Actor,
  accessKey: string,
  update: { readonly status?: AccessKeyTable['status']; readonly description?: string },
): Promise<AccessKeyTable> {
  const known = await findAccessKey(iam.database, actor.accountId, accessKey);
  await authorizeKeyChange(iam, actor, known?.user_id ?? '', iamActions.updateAccessKey);
  return serialChange(iam, actor, iamActions.updateAccessKey, 'credential', async (transaction) => {
    const key = await findAccessKey(transaction, actor.accountId, accessKey);
    if (!key) throw notFound('credential', accessKey);
    const owner = await requireOwner(transaction, actor, key);
    if (update.status !== undefined) await requireCredentialAuthority(transaction, iam, actor, owner);
    if (Object.keys(update).length > 0)
      await updateAccessKeyRow(transaction, actor.accountId, accessKey, update);
    if (update.status === 'inactive') await endDerivedSessions(transaction, [accessKeyReference(accessKey)]);
    const detail = update.status ?? Object.keys(update).join(', ');
    return { result: { ...key, ...update }, resourceId: accessKey, detail };
  });
}

export async function deleteAccessKey(iam: IamContext, actor: Actor, accessKey: string): Promise<void> {
  const known = await findAccessKey(iam.database, actor.accountId, accessKey);
  await authorizeKeyChange(iam, actor, known?.user_id ?? '', iamActions.deleteAccessKey);
  await serialChange(iam, actor, iamActions.deleteAccessKey, 'credential', async (transaction) => {
    const key = await findAccessKey(transaction, actor.accountId, accessKey);
    if (!key) throw notFound('credential', accessKey);
    const owner = await requireOwner(transaction, actor, key);
    await requireCredentialAuthority(transaction, iam, actor, owner);
    await deleteAccessKeyRow(transaction, actor.accountId, accessKey);
    await endDerivedSessions(transaction, [accessKeyReference(accessKey)]);
    return { result: undefined, resourceId: accessKey, detail: `of user ${key.user_id}` };
  });
}

/** Users change their own keys without a permission, unless the account's protect-policy says otherwise. */
async function authorizeKeyChange(
  iam: IamContext,
  actor: Actor,
  userId: string,
  action: string,
): Promise<void> {
  const { selfManagement } = (await iam.security.of(actor.accountId)).operations;
  if (!isSelf(actor, userId) || !selfManagement.accessKeys)
    await iam.accessControl.authorize(actor, { action });
  else await authorizeUnlessSelf(iam, actor, userId, action);
  if (!isSelf(actor, userId)) return;
  await requireFullSession(iam, actor, action);
  await iam.accessControl.requireSecondFactor(actor, { action });
}

async function requireOwner(
  transaction: Transaction,
  actor: Actor,
  { user_id: userId }: AccessKeyTable,
): Promise<UserTable> {
  const owner = await findUser(transaction, actor.accountId, userId);
  if (!owner) throw notFound('user', userId);
  requireAuthorityOver(actor, owner);
  return owner;
}
