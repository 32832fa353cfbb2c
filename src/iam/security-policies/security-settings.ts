import type { Clock } from '../../platform/clock.ts';
import type { Reader } from '../../platform/db/index.ts';
import { type ApprovalPolicy, defaultApprovalPolicy } from '../approvals/approval-policy.ts';
import type { AttemptRule } from '../authentication/attempt-limiter.ts';
import { FreshCache, type IdentityVersion } from '../authentication/fresh-cache.ts';
import {
  defaultOperationProtection,
  type OperationProtection,
} from '../critical-operations/operation-protection.ts';
import { AddressList } from './address-list.ts';
import {
  defaultLoginPolicy,
  defaultPasswordPolicy,
  type LoginPolicy,
  type PasswordPolicy,
  type SecurityPolicies,
} from './policies.ts';
import { findSecurityPolicies } from './store.ts';

/** The policies of an account as they are enforced. */
export interface AccountSecurity {
  readonly password: PasswordPolicy;
  readonly login: LoginPolicy;
  readonly passwordAttempts: AttemptRule;
  /**
   * Undefined until the account sets it: the default of 60 minutes is meant for consoles and would cut the tokens of programs,
   * which live for 24 hours.
   */
  readonly sessionTimeout: { readonly ms: number; readonly sinceMs: number } | undefined;
  /** Undefined: from everywhere. */
  readonly loginAddresses: AddressList | undefined;
  readonly apiAddresses: AddressList | undefined;
  readonly approvals: ApprovalPolicy;
  readonly operations: OperationProtection;
}

const maximumAccounts = 10_000;

/** Loads the security policies of accounts and remembers them for about a second. */
export class SecuritySettings {
  readonly #reader: Reader;
  readonly #cache: FreshCache<AccountSecurity>;

  constructor(reader: Reader, clock: Clock, version: IdentityVersion) {
    this.#reader = reader;
    this.#cache = new FreshCache(clock, version, maximumAccounts);
  }

  async of(accountId: string): Promise<AccountSecurity> {
    const load = async () => enforced(await findSecurityPolicies(this.#reader, accountId));
    return (await this.#cache.get(accountId, load))!;
  }
}

/** Settings for names that belong to no account, as of an account that has set nothing. */
export const defaultPasswordAttempts = attemptRule(defaultLoginPolicy);

function attemptRule({ failuresAllowed, failurePeriodMinutes, lockoutMinutes }: LoginPolicy): AttemptRule {
  return {
    failures: failuresAllowed,
    withinMs: failurePeriodMinutes * 60_000,
    lockMs: lockoutMinutes * 60_000,
  };
}

function sessionTimeout(login: LoginPolicy | undefined): AccountSecurity['sessionTimeout'] {
  const sinceMs = login?.sessionTimeoutSetMs;
  return sinceMs === undefined ? undefined : { ms: login!.sessionTimeoutMinutes * 60_000, sinceMs };
}

function enforced(policies: Partial<SecurityPolicies>): AccountSecurity {
  const login = policies['login-policy'];
  const console = policies['console-acl-policy'];
  const api = policies['api-acl-policy'];
  return {
    password: policies['password-policy'] ?? defaultPasswordPolicy,
    login: login ?? defaultLoginPolicy,
    passwordAttempts: attemptRule(login ?? defaultLoginPolicy),
    sessionTimeout: sessionTimeout(login),
    loginAddresses: console && new AddressList(console),
    apiAddresses: api && new AddressList(api),
    approvals: policies['approval-policy'] ?? defaultApprovalPolicy,
    operations: { ...defaultOperationProtection, ...policies['protect-policy'] },
  };
}
