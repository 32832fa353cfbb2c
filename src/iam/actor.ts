import type { ApprovableOperation } from './approvals/approval-policy.ts';

/**
 * Who asks. Every verb takes the actor first and authorises inside. System work (sweeps, renewals) runs as a named system
 * actor of the account it works for; there is no flag that switches authorisation off.
 */
export interface Actor {
  readonly kind: 'user' | 'agency' | 'system';
  /** 32 hexadecimal digits; every query of a tenant's rows carries it. */
  readonly accountId: string;
  readonly accountName: string;
  /** The user's id, the assumed agency's id, or the name of the system work. */
  readonly principalId: string;
  readonly principalName: string;
  /** The account's root user may do everything in its account. */
  readonly isRoot: boolean;
  /** Set for project-scoped credentials. */
  readonly projectId: string | undefined;
  /** Set when the request was signed. */
  readonly accessKeyId: string | undefined;
  readonly credential: ActorCredential;
  readonly sourceIp: string | undefined;
  readonly requestId: string;
}

/** The caller's proof of identity, for operations that need more than a permission. */
export interface ActorCredential {
  /** `system`: work of the program itself. `none`: not authenticated yet, as in the audit record of a login. */
  readonly kind: 'token' | 'access-key' | 'temporary-key' | 'system' | 'none';
  /** Methods by which a token or temporary key was made: `password`, `totp`, `passkey`, `recovery-code`, `token`, `assume_role`, `mapped`. */
  readonly methods: readonly string[];
  /**
   * True for the user in person: a login by password or passkey that is not bound to a project, or a permanent access key. False for temporary keys,
   * agencies, federated users and everything derived from them.
   */
  readonly isFullSession: boolean;
  /** When the session was made by a login, in milliseconds since 1970; undefined for what was exchanged for another credential. */
  readonly signedInAtMs: number | undefined;
  /** When the session last proved a second factor, in milliseconds since 1970; undefined if never. */
  readonly secondFactorAtMs: number | undefined;
}

/** One question to the permission table: may this actor do this, to this, under these conditions? */
export interface AccessRequest {
  /** As in the contract's `x-action`, such as `pca:ca:issueCert`. */
  readonly action: string;
  /** Other names of the same action (`x-action-aliases`, `x-policy-table-action`); a policy may use any of them. */
  readonly aliases?: readonly string[];
  /** `<service>:<region>:<accountId>:<type>:<id>`; absent for actions without a resource. */
  readonly resource?: string;
  /**
   * Another name of the resource, which a policy may use as well: of what another account shares, the name in the caller's account.
   * A Deny holds that holds for either name.
   */
  readonly resourceAlias?: string;
  /** Names an operation that the account may want approved by a second user. */
  readonly approval?: ApprovableOperation;
  /**
   * Marks an operation that the account may ask a recent second factor for: see critical-operations. Undefined: as the action says,
   * for those of identity.
   */
  readonly isCritical?: boolean;
  /**
   * The project the request is about, where the service has projects in its paths; else that of the credentials. What was
   * granted on one project counts in that project only.
   */
  readonly projectId?: string;
  /** Values of the condition keys, such as `g:EnterpriseProjectId`, `g:ResourceTag/<key>`, `pca:SubjectNames`: see `ConditionKey`. */
  readonly conditions?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Condition keys that may have any value, as where a right is handed on: an Allow that asks for one does not hold, a Deny does. */
  readonly openConditions?: readonly string[];
}

/** What is recorded of every change and every refusal. Never a secret, never a request body. */
export interface AuditEvent {
  readonly action: string;
  readonly resourceType: string;
  readonly resourceId: string | undefined;
  readonly resourceName?: string;
  readonly result: 'success' | 'refused' | 'failed';
  /** Why it was refused or failed, or what changed, in a few words. */
  readonly detail?: string;
}
