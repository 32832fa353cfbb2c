import type { CertificateStatus } from './certificate-status.ts';

/**
 * The tables of this capability, each named by one store only. Times are milliseconds since 1970, flags 0 or 1, DER as bytes,
 * lists and objects as JSON text. EXPIRED is never stored: it follows from `not_after` and the clock.
 */
export interface SslCertificateTable {
  /** `scs` and 13 digits, unique over all accounts. */
  certificate_id: string;
  account_id: string;
  enterprise_project_id: string;
  name: string;
  description: string | null;
  status: Exclude<CertificateStatus, 'EXPIRED'>;
  /** Set by whatever changes the row, one more each time: a change is made only to the row that was seen. */
  version: number;
  /** Null for an imported certificate. */
  order_id: string | null;
  brand: string | null;
  type: string | null;
  domain_type: 'SINGLE_DOMAIN' | 'MULTI_DOMAIN' | 'WILDCARD' | null;
  primary_domain_type: 'SINGLE_DOMAIN' | 'WILDCARD_DOMAIN' | null;
  /** Names that were bought (of an imported certificate: that it has), wildcard names among them. */
  domain_count: number;
  wildcard_count: number;
  /** Months of one certificate. */
  validity_months: number | null;
  /** Certificates of the series that are still to be had after this one. */
  remaining_count: number;
  /** The certificate before this one and after it in a series. */
  predecessor_id: string | null;
  successor_id: string | null;
  /** Empty until an application names it: never null, so that both engines sort and search it alike. */
  domain: string;
  /** Additional names, separated by semicolons. */
  sans: string;
  /** For searches: name, domain and additional names in lower case. */
  search_text: string;
  created_at: number;
  updated_at: number;
  issued_at: number | null;
  not_before: number | null;
  /** 0 as long as there is no certificate: never null, so that both engines sort it alike. */
  not_after: number;
  /** SHA-1, 40 lower-case hexadecimal digits. */
  fingerprint: string | null;
  signature_algorithm: string | null;
  key_algorithm: string | null;
  certificate_der: Uint8Array | null;
  /** Certificates above it, DER one after the other, from its issuer upwards. */
  chain_der: Uint8Array | null;
  /** Null where the applicant keeps the private key. */
  key_id: string | null;
  /** SM2 only: the encryption certificate beside the signature certificate. */
  enc_certificate_der: Uint8Array | null;
  enc_key_id: string | null;
  /** The encryption key for an applicant who keeps the signature key: a PEM or base64 envelope. */
  enc_key_envelope: string | null;
  /** Which issuer of the configuration issued it, and what that one needs to revoke it; null: none of them. */
  issuer: string | null;
  issuer_reference: string | null;
  revoked_at: number | null;
  revoke_reason: string | null;
  /** Why the application failed. */
  failure_reason: string | null;
  notify_expiring: number;
  notify_expired: number;
}

/** The application for a certificate; gone with it. */
export interface SslApplicationTable {
  certificate_id: string;
  account_id: string;
  /** JSON: company, applicant and contact, as sent. */
  applicant: string;
  method: 'DNS' | 'FILE' | 'EMAIL';
  auto_dns: number;
  ca_hash_algorithm: string;
  /** RSA2048 and so on; of the CSR. */
  key_algorithm: string;
  csr_der: Uint8Array;
  /** Null where the applicant sent the CSR. */
  key_id: string | null;
  submitted_at: number;
  /** When it fails unless the names are verified. */
  expires_at: number;
  /** Which issuer of the configuration was asked, and what that one has to remember; null until it was. */
  issuer: string | null;
  issuer_state: string | null;
  review: 'none' | 'waiting' | 'approved' | 'rejected';
}

/** One name to be verified in an application. */
export interface SslDomainValidationTable {
  certificate_id: string;
  account_id: string;
  domain: string;
  /** Order within the application, from 0. */
  position: number;
  method: 'DNS' | 'FILE' | 'EMAIL';
  record_name: string;
  record_type: string;
  record_value: string;
  /** Found by the link of a mail; null for other methods. */
  token_sha256: string | null;
  verified_at: number | null;
  checked_at: number | null;
  attempts: number;
  /** Why the last check did not succeed. */
  last_failure: string | null;
  /** Whether OpenCCM wrote the record itself: not asked to, to be written, written, removed. */
  publication: 'none' | 'due' | 'published' | 'withdrawn';
}

/** A purchase. */
export interface SslOrderTable {
  order_id: string;
  account_id: string;
  created_at: number;
  paid_at: number | null;
  /** JSON: what was ordered, as sent. */
  content: string;
}

export interface SslCsrTable {
  /** 32 hexadecimal digits. */
  csr_id: string;
  account_id: string;
  name: string;
  domain_name: string;
  sans: string | null;
  private_key_algo: string;
  usage: string;
  company_country: string | null;
  company_province: string | null;
  company_city: string | null;
  company_name: string | null;
  csr_der: Uint8Array;
  key_id: string | null;
  created_at: number;
  updated_at: number | null;
}

export interface SslCertificateTagTable {
  certificate_id: string;
  account_id: string;
  key: string;
  value: string;
}

/** What a certificate was pushed or deployed to: one row for each certificate and place. */
export interface SslDeploymentTable {
  certificate_id: string;
  account_id: string;
  service: 'CDN' | 'WAF' | 'ELB';
  /** Region or project; `global` for CDN. */
  project: string;
  /** Empty for a push, which is to the service as a whole. */
  resource_id: string;
  resource_type: string;
  resource_enterprise_project_id: string;
  resource_name: string;
  /** The id the service gave the certificate. */
  target_certificate_id: string;
  deployed_at: number;
}

/** An endpoint that is probed for the certificate it serves. */
export interface SslWatchedEndpointTable {
  endpoint_id: string;
  account_id: string;
  host: string;
  port: number;
  server_name: string;
  created_at: number;
  probed_at: number | null;
  last_failure: string | null;
  fingerprint: string | null;
  subject: string | null;
  not_after: number | null;
  certificate_der: Uint8Array | null;
  /** JSON array of days before expiry that were told already, for this certificate. */
  notified: string;
}

/** What was told of a certificate: once for each occasion. */
export interface SslNoticeTable {
  certificate_id: string;
  account_id: string;
  /** CERT_EXPIRED, or CERT_EXPIRING and the days before. */
  occasion: string;
  told_at: number;
}

/** What an issuer keeps for the installation: accounts with an ACME server, CAs of the built-in hierarchy. */
export interface SslIssuerStateTable {
  issuer: string;
  /** JSON; secrets in it are wrapped. */
  state: string;
  version: number;
}

export interface SslCertificateTables {
  ssl_certificates: SslCertificateTable;
  ssl_applications: SslApplicationTable;
  ssl_domain_validations: SslDomainValidationTable;
  ssl_orders: SslOrderTable;
  ssl_csrs: SslCsrTable;
  ssl_certificate_tags: SslCertificateTagTable;
  ssl_deployments: SslDeploymentTable;
  ssl_watched_endpoints: SslWatchedEndpointTable;
  ssl_notices: SslNoticeTable;
  ssl_issuer_states: SslIssuerStateTable;
}
