import type { Actor } from '../actor.ts';
import type { IamContext } from '../context.ts';
import { badRequest, wrongSecondFactor } from '../errors.ts';
import { iamActions } from '../permissions.ts';
import type { ChallengePurpose } from './passkeys/challenge.ts';
import type { Assertion } from './passkeys/passkey-schemas.ts';
import { findPasskeyOfAnyAccount } from './passkeys/passkey-store.ts';
import { verifyAssertion } from './passkeys/verify-assertion.ts';
import { hashRecoveryCode } from './recovery-code.ts';
import { consumeRecoveryCode } from './recovery-code-store.ts';
import { withSeed } from './seeds.ts';
import { matchingStep } from './totp.ts';
import { consumeStep, findBoundDevice } from './totp-device-store.ts';

/** The proof beside the password; exactly one member is set. */
export interface SecondFactorProof {
  readonly totp?: string | undefined;
  readonly recoveryCode?: string | undefined;
  readonly passkey?: { readonly assertion: Assertion; readonly purpose: ChallengePurpose } | undefined;
}

/** Five guesses at six digits, then a quarter of an hour: guessing for a year succeeds less often than once in two. */
const attemptRule = { failures: 5, withinMs: 15 * 60_000, lockMs: 15 * 60_000 };

/**
 * Proves a second factor of the user `actor`; each proof counts once. A wrong one is audited as a refusal of `action` and a 401.
 * Attempts are counted for all sources together: who gets here knows the password, or has a session.
 */
export async function proveSecondFactor(
  iam: IamContext,
  actor: Actor,
  action: string,
  proof: SecondFactorProof,
): Promise<void> {
  const given = Object.values(proof).filter((part) => part !== undefined);
  if (given.length !== 1)
    throw badRequest('A second factor must have exactly one of totp, passkey and recovery_code.');
  const subject = { name: `second factor ${actor.principalId}`, sourceIp: undefined };
  using attempt = await iam.loginAttempts.reserve(subject, attemptRule);
  if (await isRight(iam, actor, proof)) return attempt.succeeded();
  const locks = attempt.failed();
  const detail = locks ? 'Wrong second factor; locked for 15 minutes.' : 'Wrong second factor.';
  await iam.accessControl.recordRefusal(actor, action, actor.principalId, detail);
  throw wrongSecondFactor();
}

async function isRight(
  iam: IamContext,
  actor: Actor,
  { totp, recoveryCode, passkey }: SecondFactorProof,
): Promise<boolean> {
  if (totp !== undefined) return useTotp(iam, actor, totp);
  if (recoveryCode !== undefined) return useRecoveryCode(iam, actor, recoveryCode);
  return passkey !== undefined && usePasskey(iam, actor, passkey);
}

async function usePasskey(
  iam: IamContext,
  actor: Actor,
  { assertion, purpose }: NonNullable<SecondFactorProof['passkey']>,
): Promise<boolean> {
  const passkey = await findPasskeyOfAnyAccount(iam.database, assertion.id);
  if (passkey?.user_id !== actor.principalId) return false;
  return verifyAssertion(iam, passkey, assertion, purpose);
}

async function useTotp(iam: IamContext, actor: Actor, code: string): Promise<boolean> {
  const device = await findBoundDevice(iam.database, actor.accountId, actor.principalId);
  if (!device) return false;
  // A person's authenticator goes by the time of the machines, which the dev clock does not move.
  const step = await withSeed(iam, device, (seed) => matchingStep(seed, code, iam.machineClock.nowMs()));
  if (step === undefined) return false;
  return iam.database.transaction((transaction) => consumeStep(transaction, device, step));
}

async function useRecoveryCode(iam: IamContext, actor: Actor, code: string): Promise<boolean> {
  const owner = { accountId: actor.accountId, userId: actor.principalId };
  const hash = hashRecoveryCode(owner.userId, code);
  return iam.database.transaction(async (transaction) => {
    if (!(await consumeRecoveryCode(transaction, owner, hash))) return false;
    await iam.audit.record(transaction, actor, {
      action: iamActions.useRecoveryCode,
      resourceType: 'user',
      resourceId: owner.userId,
      result: 'success',
    });
    return true;
  });
}
