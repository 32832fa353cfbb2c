/** How far the publication of an issuer's status has come. Times are milliseconds since 1970, flags 0 or 1. */
export interface CrlStateTable {
  ca_id: string;
  /** Null until the CA has had a CRL configuration. */
  account_id: string | null;
  enabled: number;
  /** Grows with every change of a certificate's status, so that none is lost while a CRL is made. */
  change_count: number;
  /** `change_count` of what is published. */
  published_count: number;
  /** The last number that was taken; never goes back, not even while CRLs are off. Some are never published. */
  last_number: number;
  /** The complete CRL that is published; null: none since CRLs were switched on. */
  base_number: number | null;
  base_this_update: number | null;
  /** The delta that is published, to which base, and since when. */
  delta_base: number | null;
  delta_this_update: number | null;
  /** When the last publication ended, how long it took, and how many entries it had. */
  published_at: number | null;
  publication_ms: number;
  published_entries: number;
  /** Who publishes now, and until when nobody else may. */
  lease: string | null;
  lease_until: number | null;
}

/** What changed since the complete CRL: the entries of its deltas. */
export interface StatusChangeTable {
  issuer_id: string;
  /** Decimal text. */
  serial_number: string;
  changed_at: number;
}

/** The delegated responder of a CA whose OCSP is on. */
export interface OcspResponderTable {
  ca_id: string;
  account_id: string;
  key_id: string;
  /** Decimal text; what a renewal rests on. */
  serial_number: string;
  certificate_der: Uint8Array;
  not_after: number;
}

export interface RevocationTables {
  crl_states: CrlStateTable;
  status_changes: StatusChangeTable;
  ocsp_responders: OcspResponderTable;
}
