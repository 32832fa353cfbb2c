import type { Actor } from '../actor.ts';
import { recordedChange } from '../change.ts';
import type { IamContext } from '../context.ts';
import { forbidden, unauthenticated } from '../errors.ts';
import { iamActions } from '../permissions.ts';
import { markSecondFactor } from '../tokens/store.ts';
import { proveSecondFactor, type SecondFactorProof } from './prove-second-factor.ts';

/**
 * Renews the second factor of the session whose token is given, without a new login. Returns when, in milliseconds. Sessions that
 * were derived from it before do not take part.
 */
export async function stepUp(
  iam: IamContext,
  actor: Actor,
  token: string | undefined,
  proof: SecondFactorProof,
): Promise<number> {
  const action = iamActions.stepUp;
  await iam.accessControl.requireNotDenied(actor, { action });
  const known = token === undefined ? undefined : await iam.authenticator.describeToken(token);
  if (known?.session.principal_kind !== 'user') {
    const reason =
      'A step-up needs the token of a user: agencies, federated users and access keys have no second factor.';
    await iam.accessControl.recordRefusal(actor, action, actor.principalId, reason);
    throw forbidden(reason);
  }
  await proveSecondFactor(iam, actor, action, proof);
  const { token_hash, session_id, account_id } = known.session;
  const nowMs = iam.clock.nowMs();
  await recordedChange(iam, actor, action, 'token', async (transaction) => {
    if (!(await markSecondFactor(transaction, account_id, token_hash, nowMs))) throw unauthenticated();
    return { result: undefined, resourceId: session_id, resourceName: actor.principalName };
  });
  return nowMs;
}
