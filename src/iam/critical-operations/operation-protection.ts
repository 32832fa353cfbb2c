import type { ActorCredential } from '../actor.ts';

/** Own data that users may change without a permission; the vendor's `allow_user`. */
export interface SelfManagement {
  readonly accessKeys: boolean;
  readonly password: boolean;
  readonly email: boolean;
  readonly mobile: boolean;
}

/** Proof that an account asks for before a critical operation; the vendor's operation protection. */
export interface OperationProtection {
  readonly enabled: boolean;
  /** Greatest age of the second factor's proof, in minutes. */
  readonly factorMinutes: number;
  /** True if permanent access keys, which cannot prove a second factor, may carry out critical operations. */
  readonly allowsAccessKeys: boolean;
  readonly selfManagement: SelfManagement;
}

export const defaultFactorMinutes = 15;

export const defaultOperationProtection: OperationProtection = {
  enabled: false,
  factorMinutes: defaultFactorMinutes,
  allowsAccessKeys: false,
  selfManagement: { accessKeys: true, password: true, email: true, mobile: true },
};

/** Reports whether the session proved a second factor within the last minutes. */
export function isFactorRecent(
  { secondFactorAtMs }: ActorCredential,
  minutes: number,
  nowMs: number,
): boolean {
  return secondFactorAtMs !== undefined && nowMs - secondFactorAtMs <= minutes * 60_000;
}

/** Returns why the credential may not do a critical operation, with what to do; undefined if it may. */
export function protectionRefusal(
  credential: ActorCredential,
  { enabled, factorMinutes, allowsAccessKeys }: OperationProtection,
  nowMs: number,
): string | undefined {
  if (!enabled || credential.kind === 'system') return undefined;
  if (isFactorRecent(credential, factorMinutes, nowMs)) return undefined;
  const rule = `The protect-policy of the account asks for a second factor within the last ${factorMinutes} minutes`;
  if (credential.kind !== 'access-key')
    return `${rule}: sign in with methods ["password", "totp"], or POST /v3.0/OS-MFA/step-up.`;
  if (allowsAccessKeys) return undefined;
  return `${rule}, which access keys cannot prove: use the token of a login, or set allow_access_keys in the policy.`;
}
