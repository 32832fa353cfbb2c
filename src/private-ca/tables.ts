/**
 * The tables of this capability. Times are milliseconds since 1970, flags 0 or 1, DER as bytes, lists as JSON text.
 * EXPIRED is never stored: it follows from `not_after` and the clock, so it is right at every instant on every node.
 */
export interface CertificateAuthorityTable {
  ca_id: string;
  account_id: string;
  /** SUBORDINATE for a purchased CA whose information was not given yet: that is what PENDING CAs otherwise are. */
  type: 'ROOT' | 'SUBORDINATE';
  /** PURGED: deletion was carried out; the key is gone, the row stays for the chains of what it issued, and no operation sees it. */
  status: 'PENDING' | 'ACTIVED' | 'DISABLED' | 'DELETED' | 'PURGED';
  gen_mode: 'GENERATE' | 'IMPORT' | 'CSR';
  /** 0 for a subordinate CA issued from an external CSR, which is neither listed nor in the quota (reference 4.2.2.3), and for a PURGED one. */
  listed: number;
  /** Set while the issuer is a CA of this installation. */
  issuer_id: string | null;
  issuer_name: string | null;
  /** Empty for a purchased CA whose information was not given yet. */
  key_algorithm: string;
  signature_algorithm: string | null;
  /** Empty where the subject has none: never null, so that both engines sort it alike. */
  common_name: string;
  country: string | null;
  state: string | null;
  locality: string | null;
  organization: string | null;
  organizational_unit: string | null;
  /** How many CAs may stand below this one in a chain; null: not limited. */
  path_length: number | null;
  /** JSON array of RFC 5280 names. */
  key_usages: string | null;
  freeze_flag: number;
  /** Decimal text. */
  serial_number: string | null;
  not_before: number | null;
  /** 0 as long as there is no certificate: never null, so that both engines sort it alike. */
  not_after: number;
  create_time: number;
  /** Set by an order, for a purchased CA. */
  order_id: string | null;
  /** When a scheduled deletion is due. */
  delete_time: number | null;
  enterprise_project_id: string;
  /** 0 yearly/monthly, 1 pay-per-use. */
  charging_mode: number;
  crl_enabled: number;
  crl_name: string | null;
  crl_bucket: string | null;
  crl_valid_days: number | null;
  /** Hours between deltas; null: none are published. */
  crl_delta_hours: number | null;
  /** Where the CRL is found: what certificates carry that are issued from now on. */
  crl_dis_point: string | null;
  ocsp_enabled: number;
  hsm_cluster_id: string | null;
  /** Null where the key is not managed here (gen_mode CSR) or was destroyed. */
  key_id: string | null;
  public_key_spki: Uint8Array | null;
  certificate_der: Uint8Array | null;
  /** Certificates above an imported one, DER one after the other, from its issuer to the root. */
  imported_chain_der: Uint8Array | null;
  revoked_at: number | null;
  revocation_reason: string | null;
  /** JSON object: what the CA may issue; null: everything. */
  issuance_policy: string | null;
}

export interface PrivateCertificateTable {
  certificate_id: string;
  account_id: string;
  issuer_id: string;
  issuer_name: string;
  gen_mode: 'GENERATE' | 'CSR';
  key_algorithm: string;
  signature_algorithm: string;
  /** Empty where the subject has none: never null, so that both engines sort it alike. */
  common_name: string;
  country: string | null;
  state: string | null;
  locality: string | null;
  organization: string | null;
  organizational_unit: string | null;
  freeze_flag: number;
  serial_number: string;
  not_before: number;
  not_after: number;
  create_time: number;
  enterprise_project_id: string;
  key_id: string | null;
  certificate_der: Uint8Array;
  /** SM2 only: the encryption certificate beside the signature certificate. */
  enc_serial_number: string | null;
  enc_key_id: string | null;
  enc_certificate_der: Uint8Array | null;
  revoked_at: number | null;
  revocation_reason: string | null;
}

/**
 * Every serial number an issuer ever used, and its revocation. It outlives the certificate's row: a deleted certificate
 * stays revocable by relying parties, and a serial number is never used twice.
 */
export interface IssuedSerialTable {
  issuer_id: string;
  /** Decimal text, unique per issuer. */
  serial_number: string;
  /** certificate_id or ca_id; of an OCSP responder, the id of its CA. */
  subject_id: string;
  kind: 'entity' | 'encryption' | 'ca' | 'ocsp';
  /** Set if another account than that of the CA had it issued. */
  consumer_id: string | null;
  /** JSON array of `<type>:<name>`, which outlives the certificate's row; null for an OCSP responder, and before it was recorded. */
  subject_names: string | null;
  /** Null before it was recorded. */
  not_before: number | null;
  not_after: number;
  revoked_at: number | null;
  revocation_reason: string | null;
}

/** Counted in the transaction that creates or removes, so it adds up at every instant. */
export interface ResourceQuotaTable {
  account_id: string;
  resource: 'CERTIFICATE_AUTHORITY' | 'CERTIFICATE';
  used: number;
  /** Set by the operator for this account; null: what the installation grants every account. */
  quota: number | null;
}

/** A purchase of yearly/monthly CAs (reference 4.2.5.1), the renewal of some, or their end. */
export interface AuthorityOrderTable {
  order_id: string;
  account_id: string;
  create_time: number;
  /** 2 month, 3 year. */
  period_type: number;
  period_num: number;
  is_auto_renew: number;
  subscription_num: number;
  enterprise_project_id: string;
  order_type: 'purchase' | 'renewal' | 'unsubscription';
  /** Who ordered; empty for the service itself. */
  user_name: string;
  /** Hundredths of the currency's unit. */
  amount_cents: number;
  currency: string;
  /** JSON array; null for a purchase, whose CAs name their order. */
  ca_ids: string | null;
}

/** Until when a yearly/monthly CA was paid for. What has ended has no row. */
export interface AuthoritySubscriptionTable {
  ca_id: string;
  account_id: string;
  /** The purchase. */
  order_id: string;
  /** Of the purchase, and of each automatic renewal. */
  period_type: number;
  period_num: number;
  is_auto_renew: number;
  effective_time: number;
  expire_time: number;
}

/** With whom a CA is shared. */
export interface AuthorityShareTable {
  ca_id: string;
  /** The account that may issue with it. */
  consumer_id: string;
  /** The owner. */
  account_id: string;
  create_time: number;
}

export interface PrivateCaTables {
  certificate_authorities: CertificateAuthorityTable;
  private_certificates: PrivateCertificateTable;
  issued_serials: IssuedSerialTable;
  pca_quotas: ResourceQuotaTable;
  certificate_authority_orders: AuthorityOrderTable;
  certificate_authority_subscriptions: AuthoritySubscriptionTable;
  certificate_authority_shares: AuthorityShareTable;
}
