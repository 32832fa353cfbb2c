import type { Static } from 'typebox';
import { encodePem } from '../../pki/index.ts';
import type { csrResponse } from './csr-schemas.ts';
import type { StoredCsr } from './csr-store.ts';

export function presentCsr(csr: StoredCsr): Static<typeof csrResponse> {
  return {
    id: csr.csr_id,
    name: csr.name,
    csr: encodePem('CERTIFICATE REQUEST', csr.csr_der),
    domain_name: csr.domain_name,
    sans: csr.sans,
    private_key_algo: csr.private_key_algo,
    usage: csr.usage,
    company_country: csr.company_country,
    company_province: csr.company_province,
    company_city: csr.company_city,
    company_name: csr.company_name,
    create_time: csr.created_at,
    update_time: csr.updated_at,
  };
}
