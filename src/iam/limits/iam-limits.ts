import { conflict } from '../errors.ts';
import { countMembershipsOf } from '../groups/store.ts';
import type { LimitDeclaration, LimitKind } from './limit-kind.ts';
import { countRowsOf } from './row-count-store.ts';

const full = (noun: string) => (detail: string) => conflict(noun, detail);

function ofAccount(
  kind: string,
  table: string,
  standard: number,
  { what, noun }: { readonly what: string; readonly noun: string },
): LimitKind {
  return {
    kind,
    what,
    per: 'account',
    standard,
    tables: [table],
    count: countRowsOf(table),
    refusal: full(noun),
  };
}

export const projectLimit = ofAccount('iam.projects', 'projects', 100, { what: 'projects', noun: 'project' });

export const enterpriseProjectLimit = ofAccount('iam.enterprise_projects', 'enterprise_projects', 10_000, {
  what: 'enterprise projects',
  noun: 'enterprise project',
});

export const userLimit = ofAccount('iam.users', 'users', 5_000, { what: 'users', noun: 'user' });

export const groupLimit = ofAccount('iam.groups', 'user_groups', 1_000, {
  what: 'user groups',
  noun: 'group',
});

/** The vendor's limit. */
export const policyLimit = ofAccount('iam.policies', 'policies', 200, {
  what: 'custom policies',
  noun: 'role',
});

/** The vendor's limit. */
export const agencyLimit = ofAccount('iam.agencies', 'agencies', 50, { what: 'agencies', noun: 'agency' });

export const providerLimit = ofAccount('iam.identity_providers', 'identity_providers', 50, {
  what: 'identity providers',
  noun: 'identity provider',
});

export const mappingLimit = ofAccount('iam.identity_mappings', 'identity_mappings', 50, {
  what: 'identity mappings',
  noun: 'identity mapping',
});

export const protocolLimit = ofAccount('iam.identity_protocols', 'identity_protocols', 100, {
  what: 'identity protocols',
  noun: 'identity protocol',
});

export const membershipLimit: LimitKind = {
  kind: 'iam.groups_of_user',
  what: 'groups',
  per: 'user',
  standard: 50,
  tables: ['group_members'],
  count: countMembershipsOf,
  refusal: full('group'),
};

export const assignmentLimit: LimitKind = {
  kind: 'iam.role_assignments',
  what: 'granted policies',
  per: 'user, group or agency',
  standard: 500,
  tables: ['role_assignments'],
  count: countRowsOf('role_assignments', { owner: 'subject_id' }),
  refusal: full('role assignment'),
};

/** The vendor's limit: one in use and one to change to. */
export const accessKeyLimit: LimitKind = {
  kind: 'iam.access_keys',
  what: 'access keys',
  per: 'user',
  standard: 2,
  tables: ['access_keys'],
  count: countRowsOf('access_keys', { owner: 'user_id' }),
  refusal: full('credential'),
};

export const passkeyLimit: LimitKind = {
  kind: 'iam.passkeys',
  what: 'passkeys',
  per: 'user',
  standard: 10,
  tables: ['passkeys'],
  count: countRowsOf('passkeys', { owner: 'user_id' }),
  refusal: full('passkey'),
};

/** A login is never refused for it: the oldest session of the same holder ends. See make-room-for-session.ts. */
export const sessionLimit: LimitKind = {
  kind: 'iam.sessions',
  what: 'tokens and temporary access keys',
  per: 'user, federated user or caller of an agency',
  standard: 2_000,
  tables: ['sessions'],
  count: countRowsOf('sessions', { owner: 'principal_id' }),
  refusal: full('token'),
};

/** Every table of identity. */
export const iamLimits: LimitDeclaration = {
  kinds: [
    projectLimit,
    enterpriseProjectLimit,
    userLimit,
    groupLimit,
    membershipLimit,
    policyLimit,
    assignmentLimit,
    accessKeyLimit,
    passkeyLimit,
    sessionLimit,
    agencyLimit,
    providerLimit,
    mappingLimit,
    protocolLimit,
  ],
  boundedOtherwise: {
    accounts: 'only the operator makes them',
    account_limits: 'one row for an account and a kind',
    approval_requests: 'at most 100 open for an account; ended ones are removed after 30 days',
    audit_records: 'what happened is recorded whatever the number; rates of requests are limited elsewhere',
    earlier_passwords: 'as many for a user as the password policy looks back on, at most 10',
    login_protections: 'one for a user',
    recovery_codes: 'one set for a user',
    security_policies: 'one row for an account and a kind of policy',
    totp_devices: 'two for a user: one bound, one that waits to be',
    used_challenges: 'until the challenge expires, within minutes',
  },
};
