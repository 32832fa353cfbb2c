import type { Actor } from '../actor.ts';
import { serialChange } from '../change.ts';
import type { IamContext } from '../context.ts';
import { conflict, forbidden } from '../errors.ts';
import { iamActions } from '../permissions.ts';
import { isSelf } from '../self-service.ts';
import { authorizeFactorChange, requireStillWithout } from './authorize-factor-change.ts';
import { factorsOf, hasAnyFactor } from './factor-store.ts';
import { codesPerSet, hashRecoveryCode, newRecoveryCode } from './recovery-code.ts';
import { countRecoveryCodes, deleteRecoveryCodes, insertRecoveryCodes } from './recovery-code-store.ts';

/** Makes ten codes, shown once, each for one login without the other factors; the ones before them end. */
export async function createRecoveryCodes(iam: IamContext, actor: Actor): Promise<readonly string[]> {
  const action = iamActions.createRecoveryCodes;
  const userId = ownUserId(actor);
  const change = await authorizeFactorChange(iam, actor, userId, action);
  const owner = { accountId: actor.accountId, userId };
  const codes = Array.from({ length: codesPerSet }, () => newRecoveryCode(iam.random));
  const hashes = codes.map((code) => hashRecoveryCode(userId, code));
  return serialChange(iam, actor, action, 'recovery codes', async (transaction) => {
    await requireStillWithout(transaction, change);
    if (!hasAnyFactor(await factorsOf(transaction, owner.accountId, userId)))
      throw conflict('recovery codes', 'Bind a virtual MFA device or register a passkey first.');
    await deleteRecoveryCodes(transaction, owner);
    await insertRecoveryCodes(transaction, owner, hashes, iam.clock.nowMs());
    return { result: codes, resourceId: userId };
  });
}

export async function remainingRecoveryCodes(iam: IamContext, actor: Actor): Promise<number> {
  await iam.accessControl.requireNotDenied(actor, { action: iamActions.showRecoveryCodes });
  return countRecoveryCodes(iam.database, { accountId: actor.accountId, userId: ownUserId(actor) });
}

function ownUserId(actor: Actor): string {
  if (!isSelf(actor, actor.principalId)) throw forbidden('Recovery codes belong to users.');
  return actor.principalId;
}
