import type { SslCertificateTable, SslCertificateTables } from '../tables.ts';

/** What lists filter, sort and search by, one narrow row beside each certificate: theirs are wide, most of it DER. */
export interface CertificateListingTable
  extends Pick<
    SslCertificateTable,
    | 'certificate_id'
    | 'account_id'
    | 'enterprise_project_id'
    | 'status'
    | 'updated_at'
    | 'not_after'
    | 'search_text'
  > {
  /** Could be deployed if its time were not over. */
  deployable: number;
}

/** How many certificates there are of each kind: counted where they are written, so that nothing is counted for a list. */
export interface CertificateCountTable
  extends Pick<CertificateListingTable, 'account_id' | 'enterprise_project_id' | 'status' | 'deployable'> {
  total: number;
}

/** Every id that was ever given; none is given twice. */
export interface CertificateIdTable {
  certificate_id: string;
  account_id: string;
  /** Null for what was not ordered. */
  order_id: string | null;
}

/** A row of the account to count in, and to hold while something is decided for the account as a whole. */
export interface AccountUsageTable {
  account_id: string;
  free_certificates: number;
}

export interface CertificateTables extends SslCertificateTables {
  ssl_certificate_listings: CertificateListingTable;
  ssl_certificate_counts: CertificateCountTable;
  ssl_certificate_ids: CertificateIdTable;
  ssl_account_usage: AccountUsageTable;
}
