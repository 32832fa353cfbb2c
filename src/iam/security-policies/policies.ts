import type { ApprovalPolicy } from '../approvals/approval-policy.ts';
import type { OperationProtection } from '../critical-operations/operation-protection.ts';

/** Rules for new passwords of an account; 0 switches a rule off. */
export interface PasswordPolicy {
  readonly minimumLength: number;
  /** Number of kinds needed, of lower case, upper case, digits and special characters. */
  readonly characterKinds: number;
  /** The longest run of one character. */
  readonly maximumRun: number;
  readonly refusesUserName: boolean;
  /** Number of latest passwords that cannot be set again; the current one counts. */
  readonly remembered: number;
  readonly minimumAgeMinutes: number;
  readonly validityDays: number;
}

/** An account's rules for logins and for the sessions that follow from them. */
export interface LoginPolicy {
  /** Users that were idle for so long are disabled; 0: never. */
  readonly accountValidityDays: number;
  readonly lockoutMinutes: number;
  readonly failuresAllowed: number;
  readonly failurePeriodMinutes: number;
  readonly sessionTimeoutMinutes: number;
  /** When the account chose the time-out, in milliseconds since 1970: tokens count as used then. Undefined: it has not. */
  readonly sessionTimeoutSetMs?: number;
  readonly customInfo: string;
  readonly showsRecentLogin: boolean;
}

/** A single address, a block such as 192.0.2.0/24, or a range such as 192.0.2.1-192.0.2.9. */
export interface AddressEntry {
  readonly addresses: string;
  readonly description: string;
}

/** From where an account's users may come; at least one entry, in the vendor's two lists. */
export interface AddressPolicy {
  readonly blocks: readonly AddressEntry[];
  readonly ranges: readonly AddressEntry[];
}

/** The policies that an account can set, by the last part of the operation's path. */
export interface SecurityPolicies {
  readonly 'password-policy': PasswordPolicy;
  readonly 'login-policy': LoginPolicy;
  readonly 'console-acl-policy': AddressPolicy;
  readonly 'api-acl-policy': AddressPolicy;
  /** Not the vendor's: see approvals/. */
  readonly 'approval-policy': ApprovalPolicy;
  readonly 'protect-policy': OperationProtection;
}

export type SecurityPolicyKind = keyof SecurityPolicies;

/** No user sets a longer password; the vendor's bound is 32. */
export const maximumPasswordLength = 128;
/** The vendor's largest `number_of_recent_passwords_disallowed`: no more hashes are kept. */
export const mostRemembered = 10;

export const defaultPasswordPolicy: PasswordPolicy = {
  minimumLength: 8,
  characterKinds: 2,
  maximumRun: 3,
  refusesUserName: true,
  remembered: 1,
  minimumAgeMinutes: 0,
  validityDays: 0,
};

export const defaultLoginPolicy: LoginPolicy = {
  accountValidityDays: 0,
  lockoutMinutes: 15,
  failuresAllowed: 5,
  failurePeriodMinutes: 15,
  sessionTimeoutMinutes: 60,
  customInfo: '',
  showsRecentLogin: false,
};
