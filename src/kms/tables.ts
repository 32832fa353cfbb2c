/**
 * The tables of this capability. Times are milliseconds since 1970, flags 0 or 1, lists as JSON text. Everything that is secret is
 * wrapped: material of customer keys by the master key, private keys of certificates by an account key.
 */
export type KeyState = '2' | '3' | '4' | '5' | '7';
export type KeyOrigin = 'kms' | 'external';

/** Which master key the data belongs to; while it is being changed, the one that follows too. */
export interface MasterKeyTable {
  role: 'current' | 'next';
  master_key_id: string;
  verification_tag: Uint8Array;
  /** While there are two: this key, sealed with the other, so that whoever has one of them can read everything. */
  sealed_with_other: Uint8Array | null;
  created_at: number;
}

export interface KeyTable {
  key_id: string;
  account_id: string;
  /** Empty for default keys: they belong to the account and are seen in each of its projects. */
  project_id: string;
  /** Unique in the account. */
  key_alias: string;
  key_spec: string;
  key_usage: string;
  key_description: string;
  key_state: KeyState;
  origin: KeyOrigin;
  is_default: number;
  enterprise_project_id: string;
  keystore_id: string;
  created_by: string;
  created_at: number;
  scheduled_deletion_at: number | null;
  /** Imported material only. */
  material_expires_at: number | null;
  rotation_enabled: number;
  rotation_interval_days: number;
  /** From when the interval counts: the last rotation, or when rotation was turned on. */
  rotation_counts_from: number | null;
  last_rotated_at: number | null;
  rotation_count: number;
  /** The version that encrypts and signs; the first is 0. */
  current_version: number;
  /** Goes up by one with every change: updates name the one that they have seen. */
  revision: number;
}

export interface KeyVersionTable {
  key_id: string;
  version: number;
  /** Null while imported material is deleted or expired. */
  wrapped_material: Uint8Array | null;
  /** Which master key wraps the material; null where there is none. */
  master_key_id: string | null;
  /** DER SubjectPublicKeyInfo of asymmetric keys. */
  public_key_spki: Uint8Array | null;
  /** Imported material only: keyed fingerprint, by which the same material is known when it is imported again. */
  material_fingerprint: Uint8Array | null;
  created_at: number;
}

/** Private keys of CAs and certificates, each wrapped by a version of its account's key. */
export interface PrivateKeyTable {
  key_id: string;
  account_id: string;
  purpose: string;
  algorithm: string;
  public_key_spki: Uint8Array;
  wrapped_private_key: Uint8Array;
  created_at: number;
}

/** Private keys of CAs that are in the token of an HSM: nothing of them is here but the public half. */
export interface TokenPrivateKeyTable {
  key_id: string;
  account_id: string;
  purpose: string;
  cluster_id: string;
  algorithm: string;
  public_key_spki: Uint8Array;
  created_at: number;
}

/** Counted in the transaction that creates or destroys, so it holds under concurrency. */
export interface KeyQuotaTable {
  account_id: string;
  project_id: string;
  used: number;
}

/** Who else may do what with one key. */
export interface GrantTable {
  /** 64 hexadecimal digits. */
  grant_id: string;
  key_id: string;
  /** Of the key. */
  account_id: string;
  grantee_principal: string;
  grantee_principal_type: 'user' | 'domain';
  /** JSON array. */
  operations: string;
  name: string | null;
  issuing_principal: string;
  retiring_principal: string | null;
  created_at: number;
}

/** Links a grant to the one on the same key that it follows from and ends with. */
export interface GrantParentTable {
  key_id: string;
  grant_id: string;
  parent_grant_id: string;
}

export interface TagTable {
  key_id: string;
  account_id: string;
  project_id: string;
  tag_key: string;
  tag_value: string;
}

/** Names beside key_alias, unique in the account. */
export interface AliasTable {
  account_id: string;
  project_id: string;
  /** Without a leading alias/. */
  name: string;
  /** As it was sent. */
  alias: string;
  key_id: string;
  created_at: number;
  updated_at: number;
}

/** Custom keystores. */
export interface KeystoreTable {
  keystore_id: string;
  account_id: string;
  project_id: string;
  keystore_alias: string;
  keystore_type: 'DHSM' | 'CDMS' | 'DEFAULT';
  hsm_cluster_id: string | null;
  cluster_id: string | null;
  hsm_ca_cert: string | null;
  keystore_state: '2' | '3';
  created_at: number;
}

export interface KeyPolicyTable {
  policy_id: string;
  account_id: string;
  project_id: string;
  keyspace_id: string;
  policy_name: string;
  /** JSON object. */
  policy: string;
  description: string;
  created_by: string;
  created_at: number;
  modified_at: number;
  accessed_at: number;
}

export interface KmsTables extends KeyStoreTables {
  kms_quotas: KeyQuotaTable;
  kms_grants: GrantTable;
  kms_grant_parents: GrantParentTable;
  kms_tags: TagTable;
  kms_aliases: AliasTable;
  kms_keystores: KeystoreTable;
  kms_key_policies: KeyPolicyTable;
}

export interface KeyStoreTables {
  kms_master_keys: MasterKeyTable;
  kms_keys: KeyTable;
  kms_key_versions: KeyVersionTable;
  kms_private_keys: PrivateKeyTable;
  kms_token_private_keys: TokenPrivateKeyTable;
}
