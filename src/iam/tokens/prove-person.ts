import type { Principal } from '../authentication/principal.ts';
import type { IamContext } from '../context.ts';
import { badRequest, secondFactorRequired, wrongSecondFactor } from '../errors.ts';
import { isLoginProtected } from '../second-factor/factor-store.ts';
import { findPasskeyOfAnyAccount } from '../second-factor/passkeys/passkey-store.ts';
import { verifyAssertion } from '../second-factor/passkeys/verify-assertion.ts';
import { proveSecondFactor, type SecondFactorProof } from '../second-factor/prove-second-factor.ts';
import { requireAddress } from '../security-policies/require-address.ts';
import { requirePasswordMode } from './access-mode.ts';
import type { TokenRequest } from './create-token.ts';
import { loginActor } from './login-actor.ts';
import type { RequestOrigin } from './request-origin.ts';
import { verifyPassword } from './verify-password.ts';

export interface ProvenPerson {
  readonly principal: Principal;
  readonly methods: readonly string[];
  /** Milliseconds; undefined without a second factor. */
  readonly secondFactorAt: number | undefined;
}

const loginAction = 'iam:tokens:create';

/**
 * Proves a user by a passkey, or by the password and the second factor that the methods name. Whether a user needs one is told after the right
 * password only.
 */
export async function provePerson(
  iam: IamContext,
  identity: TokenRequest['identity'],
  origin: RequestOrigin,
): Promise<ProvenPerson> {
  const { password, methods } = identity;
  if (!methods.includes('password')) return provePasskey(iam, identity, origin);
  if (!password) throw badRequest('auth.identity must have the part that its method password names.');
  const [factor, ...more] = new Set(methods.filter((method) => method !== 'password'));
  if (more.length > 0)
    throw badRequest('auth.identity.methods must have at most one method besides password.');
  const prove = factor === undefined ? undefined : readFactor(identity, factor);

  const principal = await verifyPassword(iam, password.user, origin);
  const actor = loginActor(principal, origin);
  if (!prove) {
    if (await isLoginProtected(iam.database, principal.accountId, principal.principalId)) {
      const detail = 'The password was right; login protection asks for a second factor.';
      await iam.accessControl.recordRefusal(actor, loginAction, principal.principalId, detail);
      throw secondFactorRequired();
    }
    return { principal, methods: ['password'], secondFactorAt: undefined };
  }
  const { userId, proof } = prove;
  if (userId !== undefined && userId !== principal.principalId) throw wrongSecondFactor();
  await proveSecondFactor(iam, actor, loginAction, proof);
  return { principal, methods: ['password', factor!], secondFactorAt: iam.clock.nowMs() };
}

interface NamedFactor {
  readonly userId?: string;
  readonly proof: SecondFactorProof;
}

function readFactor(identity: TokenRequest['identity'], method: string): NamedFactor {
  const { totp, passkey, recovery_code: recovery } = identity;
  if (method === 'totp' && totp) return { userId: totp.user.id, proof: { totp: totp.user.passcode } };
  if (method === 'passkey' && passkey)
    return { proof: { passkey: { assertion: passkey.response, purpose: 'login' } } };
  if (method === 'recovery-code' && recovery) return { proof: { recoveryCode: recovery.code } };
  throw badRequest(
    `auth.identity.methods: ${method} needs its part; beside password there is totp, passkey or recovery-code.`,
  );
}

/**
 * A passkey alone: it is bound to its user and was used with the user verified, so it proves both factors. Locks nothing: a signature
 * cannot be guessed, and strangers could fill the memory of attempts with passkeys that they make up.
 */
async function provePasskey(
  iam: IamContext,
  { methods, passkey: sent }: TokenRequest['identity'],
  origin: RequestOrigin,
): Promise<ProvenPerson> {
  if (new Set(methods).size > 1 || !sent)
    throw badRequest('auth.identity.methods: passkey needs its part, and stands alone or beside password.');
  const assertion = sent.response;
  const passkey = await findPasskeyOfAnyAccount(iam.database, assertion.id);
  const principal = passkey && (await iam.principals.user(passkey.user_id));
  if (
    principal &&
    assertion.response.userHandle &&
    (await verifyAssertion(iam, passkey, assertion, 'login'))
  ) {
    const actor = loginActor(principal, origin);
    await requireAddress(iam, actor, { principal, session: undefined }, 'login');
    await requirePasswordMode(iam, actor, principal);
    return { principal, methods: ['passkey'], secondFactorAt: iam.clock.nowMs() };
  }
  if (principal)
    await iam.repeatedRefusals.record(loginActor(principal, origin), {
      action: loginAction,
      resourceId: principal.principalId,
      detail: 'Wrong or used assertion of a passkey.',
    });
  throw wrongSecondFactor();
}
