/** The tables of identity. Times are milliseconds since 1970, flags 0 or 1, lists as JSON text. */
export interface AccountTable {
  account_id: string;
  name: string;
  description: string;
  enabled: number;
  /** The account that was made first may open further ones. */
  operator: number;
  created_at: number;
}

export interface ProjectTable {
  project_id: string;
  account_id: string;
  name: string;
  parent_id: string;
  description: string;
  enabled: number;
  created_at: number;
}

export interface EnterpriseProjectTable {
  enterprise_project_id: string;
  account_id: string;
  name: string;
  description: string;
  type: 'prod' | 'poc';
  enabled: number;
  created_at: number;
  updated_at: number;
}

export interface UserTable {
  user_id: string;
  account_id: string;
  name: string;
  description: string;
  /** Null, never empty, for what is not set; likewise below. */
  email: string | null;
  area_code: string | null;
  phone: string | null;
  enabled: number;
  is_root: number;
  access_mode: 'default' | 'programmatic' | 'console';
  /** The user's id at an identity provider; unique in the account. */
  external_id: string | null;
  external_type: string | null;
  default_project_id: string | null;
  /** Null for a user that signs requests only. */
  password_hash: string | null;
  password_strength: string;
  /** 1: the user is to choose a new one. */
  password_reset: number;
  /** Grows when the password changes and when the user is disabled; a token of an older version is void. */
  credentials_version: number;
  created_at: number;
  updated_at: number;
  last_login_at: number | null;
  /** Null for a user that has no password. */
  password_changed_at: number | null;
  /** The last use of a token or an access key, to about an hour, and when the user was enabled. */
  last_active_at: number | null;
}

/** Hashes of passwords that a user had before the current one. */
export interface EarlierPasswordTable {
  account_id: string;
  user_id: string;
  /** When another one took its place. */
  replaced_at: number;
  password_hash: string;
}

/** See approvals/approval-request.ts. */
export interface ApprovalRequestTable {
  approval_id: string;
  account_id: string;
  operation: string;
  action: string;
  resource: string | null;
  requester_id: string;
  requester_name: string;
  person_id: string;
  digest: string;
  method: string;
  url: string;
  body: string;
  opened_at: number;
  expires_at: number;
  status: 'pending' | 'approved' | 'refused' | 'used' | 'expired';
  decided_by: string | null;
  decided_by_name: string | null;
  decided_at: number | null;
  reason: string | null;
}

/** The security policies that an account has set; JSON of the types in security-policies/policies.ts. */
export interface SecurityPolicyTable {
  account_id: string;
  kind: string;
  document: string;
}

export interface GroupTable {
  group_id: string;
  account_id: string;
  name: string;
  description: string;
  created_at: number;
}

export interface GroupMemberTable {
  group_id: string;
  user_id: string;
}

/** Custom policies only; system policies are in the program. */
export interface PolicyTable {
  policy_id: string;
  account_id: string;
  name: string;
  display_name: string;
  type: 'AX' | 'XA' | 'AA';
  catalog: string;
  description: string;
  document: string;
  created_at: number;
  updated_at: number;
}

export type AssignmentScopeKind = 'domain' | 'project' | 'all-projects' | 'enterprise-project';
export type AssignmentSubjectKind = 'user' | 'group' | 'agency';

export interface RoleAssignmentTable {
  account_id: string;
  subject_kind: AssignmentSubjectKind;
  subject_id: string;
  scope_kind: AssignmentScopeKind;
  /** The account's id for domain and all-projects. */
  scope_id: string;
  policy_id: string;
  created_at: number;
}

export interface AccessKeyTable {
  access_key: string;
  account_id: string;
  user_id: string;
  wrapped_secret: Uint8Array;
  status: 'active' | 'inactive';
  description: string;
  created_at: number;
  /** To about a quarter of an hour; null before the first use. */
  last_used_at: number | null;
  /** Where it was used from then. */
  last_used_ip: string | null;
}

/** Tokens and temporary access keys: both are a session of a principal with an end. */
export interface SessionTable {
  /** Hexadecimal SHA-256 of the token or the security token; neither is stored. */
  token_hash: string;
  /** Names the session to people; of no use as a credential. */
  session_id: string;
  /** The session's parent, with which it ends, see session-parent.ts; null for a login by password. */
  parent: string | null;
  /** 1 for the user in person: see ActorCredential.isFullSession. What is derived from another session is not more than that. */
  is_full: number;
  /** Where it was asked for. */
  source_ip: string | null;
  /** A bearer token goes into X-Auth-Token; a signature session is used with its access key and X-Security-Token. */
  use: 'bearer' | 'signature';
  access_key: string | null;
  wrapped_secret: Uint8Array | null;
  account_id: string;
  principal_kind: 'user' | 'agency' | 'federated';
  /** User, agency, or identity provider. */
  principal_id: string;
  /** Name at the identity provider. */
  federated_name: string | null;
  /** JSON list: the groups that the mapping gave to a federated user. */
  federated_groups: string | null;
  /** Who assumed the agency. */
  assumed_by: string | null;
  /** Of the user, or of who assumed the agency; see UserTable. */
  credentials_version: number;
  project_id: string | null;
  scope: 'project' | 'domain' | 'unscoped';
  methods: string;
  issued_at: number;
  expires_at: number;
  /** To about a minute, where the account has a session time-out; null before the first use. */
  last_used_at: number | null;
  /** When a second factor was last proved, by the user in person; null if never. Derived sessions inherit it. */
  second_factor_at: number | null;
}

export interface AgencyTable {
  agency_id: string;
  account_id: string;
  name: string;
  description: string;
  /** Null if a service is trusted (op_svc_...). */
  trust_account_id: string | null;
  trust_name: string;
  /** FOREVER, ONEDAY or a number of days. */
  duration: string;
  created_at: number;
  expires_at: number | null;
}

export interface IdentityProviderTable {
  provider_id: string;
  account_id: string;
  sso_type: 'virtual_user_sso' | 'iam_user_sso';
  description: string;
  enabled: number;
  /** JSON of the OpenID Connect configuration, null before it is set. */
  oidc_config: string | null;
  created_at: number;
}

export interface IdentityMappingTable {
  account_id: string;
  mapping_id: string;
  rules: string;
}

export interface IdentityProtocolTable {
  account_id: string;
  provider_id: string;
  protocol_id: string;
  mapping_id: string;
}

export interface AuditRecordTable {
  /** Sorts by time: 12 hexadecimal digits of milliseconds, then random ones. */
  record_id: string;
  account_id: string;
  recorded_at: number;
  principal_kind: string;
  principal_id: string;
  principal_name: string;
  access_key: string | null;
  source_ip: string | null;
  request_id: string;
  action: string;
  resource_type: string;
  resource_id: string | null;
  resource_name: string | null;
  result: 'success' | 'refused' | 'failed';
  detail: string | null;
}

/** A generator of one-time passwords, such as an app on a telephone. */
export interface TotpDeviceTable {
  /** `iam:<account>:mfa:<name>`. */
  serial_number: string;
  account_id: string;
  user_id: string;
  name: string;
  wrapped_seed: Uint8Array;
  /** Null until two codes have shown that the user has the seed; a user has one bound device at most. */
  bound_at: number | null;
  /** The last time step of which a code was accepted: each step counts once. */
  last_step: number | null;
  created_at: number;
}

export interface PasskeyTable {
  /** As the authenticator chose it, in base64url. */
  credential_id: string;
  account_id: string;
  user_id: string;
  name: string;
  /** A COSE key. */
  public_key: Uint8Array;
  sign_count: number;
  /** JSON list of how the authenticator is reached, for the browser. */
  transports: string;
  /** 1: the passkey is copied to other devices of its owner. */
  backed_up: number;
  created_at: number;
  last_used_at: number | null;
}

/** Codes that were not used yet; a code is deleted by its use. */
export interface RecoveryCodeTable {
  account_id: string;
  user_id: string;
  code_hash: string;
  created_at: number;
}

/** Challenges that were answered, until they would have expired anyway: each counts once. */
export interface UsedChallengeTable {
  challenge_hash: string;
  expires_at: number;
}

/** Users whose logins need a second factor: those with a row. */
export interface LoginProtectionTable {
  user_id: string;
  account_id: string;
  created_at: number;
}

export interface IamTables {
  accounts: AccountTable;
  projects: ProjectTable;
  enterprise_projects: EnterpriseProjectTable;
  users: UserTable;
  earlier_passwords: EarlierPasswordTable;
  security_policies: SecurityPolicyTable;
  approval_requests: ApprovalRequestTable;
  user_groups: GroupTable;
  group_members: GroupMemberTable;
  policies: PolicyTable;
  role_assignments: RoleAssignmentTable;
  access_keys: AccessKeyTable;
  sessions: SessionTable;
  agencies: AgencyTable;
  identity_providers: IdentityProviderTable;
  identity_mappings: IdentityMappingTable;
  identity_protocols: IdentityProtocolTable;
  audit_records: AuditRecordTable;
  totp_devices: TotpDeviceTable;
  passkeys: PasskeyTable;
  recovery_codes: RecoveryCodeTable;
  used_challenges: UsedChallengeTable;
  login_protections: LoginProtectionTable;
}
