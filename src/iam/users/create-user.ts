import type { Actor } from '../actor.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { userLimit } from '../limits/iam-limits.ts';
import { requireRoom } from '../limits/require-room.ts';
import { iamActions } from '../permissions.ts';
import type { UserTable } from '../tables.ts';
import { passwordColumns } from './new-password.ts';
import { newUser } from './new-user.ts';
import { insertUser } from './store.ts';
import { requireDistinctExternalId, type UserFields, userColumns } from './user-fields.ts';

export async function createUser(
  iam: IamContext,
  actor: Actor,
  input: UserFields & { readonly name: string },
): Promise<UserTable> {
  // Before the password is hashed: who may not create users is not to make the server work.
  await iam.accessControl.authorize(actor, { action: iamActions.createUser });
  const password =
    input.password === undefined
      ? {}
      : await passwordColumns(iam, actor, input.password, { name: input.name });
  return change(iam, actor, { action: iamActions.createUser }, 'user', async (transaction) => {
    await requireDistinctExternalId(transaction, actor.accountId, undefined, input.externalId);
    const user = newUser(
      { userId: iam.random.hexId(), accountId: actor.accountId, name: input.name, nowMs: iam.clock.nowMs() },
      { ...userColumns(input), ...password },
    );
    await requireRoom(transaction, actor.accountId, userLimit);
    await insertUser(transaction, user);
    return { result: user, resourceId: user.user_id, resourceName: user.name };
  });
}
