import { type Static, Type } from 'typebox';
import { badRequest } from '../errors.ts';
import { AddressList } from './address-list.ts';
import {
  type AddressPolicy,
  type LoginPolicy,
  maximumPasswordLength,
  mostRemembered,
  type PasswordPolicy,
} from './policies.ts';

const count = (minimum: number, maximum: number) => Type.Optional(Type.Integer({ minimum, maximum }));

/** The vendor's names and ranges; what is not sent stays as it is. */
export const passwordPolicySchema = Type.Object({
  maximum_consecutive_identical_chars: count(0, 32),
  minimum_password_age: count(0, 1440),
  minimum_password_length: count(6, 32),
  number_of_recent_passwords_disallowed: count(0, mostRemembered),
  password_not_username_or_invert: Type.Optional(Type.Boolean()),
  password_validity_period: count(0, 180),
  password_char_combination: count(2, 4),
});

export const loginPolicySchema = Type.Object({
  account_validity_period: count(0, 240),
  custom_info_for_login: Type.Optional(Type.String({ maxLength: 255 })),
  lockout_duration: count(15, 1440),
  login_failed_times: count(3, 10),
  period_with_login_failures: count(15, 60),
  session_timeout: count(15, 1440),
  show_recent_login_info: Type.Optional(Type.Boolean()),
});

const description = Type.Optional(Type.String({ maxLength: 255, pattern: '^[^@#%&<>\\\\$^*]*$' }));
const addresses = Type.String({ minLength: 1, maxLength: 100 });
const blocks = Type.Optional(
  Type.Array(Type.Object({ address_netmask: addresses, description }), { maxItems: 200 }),
);
const ranges = Type.Optional(
  Type.Array(Type.Object({ ip_range: addresses, description }), { maxItems: 200 }),
);

/** The lists for IPv6 are in the vendor's console policy only; here every list takes both families. */
export const addressPolicySchema = Type.Object({
  allow_address_netmasks: blocks,
  allow_ip_ranges: ranges,
  allow_address_netmasks_ipv6: blocks,
  allow_ip_ranges_ipv6: ranges,
  allow_vpc_endpoints: Type.Optional(
    Type.Array(Type.Unknown(), { maxItems: 0, description: 'There are no VPC endpoints here.' }),
  ),
});

export function readPasswordPolicy(
  sent: Static<typeof passwordPolicySchema>,
  current: PasswordPolicy,
): PasswordPolicy {
  return {
    minimumLength: sent.minimum_password_length ?? current.minimumLength,
    characterKinds: sent.password_char_combination ?? current.characterKinds,
    maximumRun: sent.maximum_consecutive_identical_chars ?? current.maximumRun,
    refusesUserName: sent.password_not_username_or_invert ?? current.refusesUserName,
    remembered: sent.number_of_recent_passwords_disallowed ?? current.remembered,
    minimumAgeMinutes: sent.minimum_password_age ?? current.minimumAgeMinutes,
    validityDays: sent.password_validity_period ?? current.validityDays,
  };
}

export function presentPasswordPolicy(policy: PasswordPolicy) {
  return {
    maximum_consecutive_identical_chars: policy.maximumRun,
    maximum_password_length: maximumPasswordLength,
    minimum_password_age: policy.minimumAgeMinutes,
    minimum_password_length: policy.minimumLength,
    number_of_recent_passwords_disallowed: policy.remembered,
    password_not_username_or_invert: policy.refusesUserName,
    password_requirements: `A password must contain at least ${policy.characterKinds} of the following: uppercase letters, lowercase letters, digits, and special characters.`,
    password_validity_period: policy.validityDays,
    password_char_combination: policy.characterKinds,
  };
}

export function readLoginPolicy(
  sent: Static<typeof loginPolicySchema>,
  current: LoginPolicy,
  nowMs: number,
): LoginPolicy {
  const isNewTimeout =
    sent.session_timeout !== undefined &&
    (current.sessionTimeoutSetMs === undefined || sent.session_timeout !== current.sessionTimeoutMinutes);
  return {
    ...current,
    ...(isNewTimeout ? { sessionTimeoutSetMs: nowMs } : {}),
    accountValidityDays: sent.account_validity_period ?? current.accountValidityDays,
    lockoutMinutes: sent.lockout_duration ?? current.lockoutMinutes,
    failuresAllowed: sent.login_failed_times ?? current.failuresAllowed,
    failurePeriodMinutes: sent.period_with_login_failures ?? current.failurePeriodMinutes,
    sessionTimeoutMinutes: sent.session_timeout ?? current.sessionTimeoutMinutes,
    customInfo: sent.custom_info_for_login ?? current.customInfo,
    showsRecentLogin: sent.show_recent_login_info ?? current.showsRecentLogin,
  };
}

export function presentLoginPolicy(policy: LoginPolicy) {
  return {
    account_validity_period: policy.accountValidityDays,
    custom_info_for_login: policy.customInfo,
    lockout_duration: policy.lockoutMinutes,
    login_failed_times: policy.failuresAllowed,
    period_with_login_failures: policy.failurePeriodMinutes,
    session_timeout: policy.sessionTimeoutMinutes,
    show_recent_login_info: policy.showsRecentLogin,
  };
}

/** Throws 400 for an empty policy, which would let nobody in, and for an entry that is none. */
export function readAddressPolicy(place: string, sent: Static<typeof addressPolicySchema>): AddressPolicy {
  const given = {
    blocks: [...(sent.allow_address_netmasks ?? []), ...(sent.allow_address_netmasks_ipv6 ?? [])].map(
      ({ address_netmask, description = '' }) => ({ addresses: address_netmask, description }),
    ),
    ranges: [...(sent.allow_ip_ranges ?? []), ...(sent.allow_ip_ranges_ipv6 ?? [])].map(
      ({ ip_range, description = '' }) => ({ addresses: ip_range, description }),
    ),
  };
  const entries = [...given.blocks, ...given.ranges];
  if (entries.length === 0)
    throw badRequest(
      `${place} must have an entry; 0.0.0.0-255.255.255.255 in allow_ip_ranges allows every address.`,
    );
  if (entries.length > mostEntries) throw badRequest(`${place} must have at most ${mostEntries} entries.`);
  for (const entry of entries) {
    try {
      new AddressList({ blocks: [entry], ranges: [] });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw badRequest(`${place}: ${JSON.stringify(entry.addresses)} ${error.message}.`);
    }
  }
  return given;
}

/** As at the vendor, for each way of access. */
const mostEntries = 200;

/** Lists without entries are left out, as at the vendor. IPv6 stands in lists of its own where the vendor has them. */
export function presentAddressPolicy(kind: 'api-acl-policy' | 'console-acl-policy', policy: AddressPolicy) {
  const blocks = policy.blocks.map((entry) => ({
    address_netmask: entry.addresses,
    description: entry.description,
  }));
  const ranges = policy.ranges.map((entry) => ({
    ip_range: entry.addresses,
    description: entry.description,
  }));
  const apart = kind === 'console-acl-policy';
  const isApart = (addresses: string) => apart && addresses.includes(':');
  return Object.fromEntries(
    Object.entries({
      allow_address_netmasks: blocks.filter((block) => !isApart(block.address_netmask)),
      allow_ip_ranges: ranges.filter((range) => !isApart(range.ip_range)),
      allow_address_netmasks_ipv6: blocks.filter((block) => isApart(block.address_netmask)),
      allow_ip_ranges_ipv6: ranges.filter((range) => isApart(range.ip_range)),
    }).filter(([, entries]) => entries.length > 0),
  );
}
