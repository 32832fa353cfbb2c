import type { CertificateAuthority } from '../ca.ts';

type Given = 'ca_id' | 'account_id' | 'create_time' | 'enterprise_project_id' | 'charging_mode';

/** A PENDING CA of which nothing is known yet but whose it is. */
export function newAuthority(given: Pick<CertificateAuthority, Given>): CertificateAuthority {
  return {
    type: 'SUBORDINATE',
    status: 'PENDING',
    gen_mode: 'GENERATE',
    listed: 1,
    issuer_id: null,
    issuer_name: null,
    key_algorithm: '',
    signature_algorithm: null,
    common_name: '',
    country: null,
    state: null,
    locality: null,
    organization: null,
    organizational_unit: null,
    // Until it is activated, the default of reference 4.2.1.2.
    path_length: 0,
    key_usages: null,
    freeze_flag: 0,
    serial_number: null,
    not_before: null,
    not_after: 0,
    order_id: null,
    delete_time: null,
    crl_enabled: 0,
    crl_name: null,
    crl_bucket: null,
    crl_valid_days: null,
    crl_delta_hours: null,
    crl_dis_point: null,
    ocsp_enabled: 0,
    hsm_cluster_id: null,
    key_id: null,
    public_key_spki: null,
    certificate_der: null,
    imported_chain_der: null,
    revoked_at: null,
    revocation_reason: null,
    issuance_policy: null,
    ...given,
  };
}
