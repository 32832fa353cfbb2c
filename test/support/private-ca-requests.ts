import type { ApiClient } from './api-client.ts';
import { sampleCsr } from './sample-csr.ts';

/** A distinguished name with all six attributes, as a CA needs. */
export const caName = (commonName: string) => ({
  common_name: commonName,
  country: 'CN',
  state: 'Beijing',
  locality: 'Beijing',
  organization: 'Example',
  organizational_unit: 'Tests',
});

/** The body of a root CA with a P-256 key. */
export const rootCaBody = (commonName: string) => ({
  type: 'ROOT',
  distinguished_name: caName(commonName),
  key_algorithm: 'EC256',
  signature_algorithm: 'SHA256',
  validity: { type: 'YEAR', value: 10 },
});

/** The body of a subordinate CA that waits for its activation. */
export const pendingCaBody = (commonName: string) => ({
  type: 'SUBORDINATE',
  distinguished_name: caName(commonName),
  key_algorithm: 'EC256',
});

/** The body of a certificate for the sample CSR. */
export const csrBody = (issuerId: string) => ({
  issuer_id: issuerId,
  csr: sampleCsr,
  validity: { type: 'YEAR', value: 1 },
});

/** The body of a certificate with a generated P-256 key. */
export const certificateBody = (issuerId: string, commonName: string) => ({
  issuer_id: issuerId,
  key_algorithm: 'EC256',
  distinguished_name: { common_name: commonName },
  validity: { type: 'YEAR', value: 1 },
});

/** The body of an order of one CA for a month. */
export const orderBody = {
  cloud_service_type: 'hws.service.type.ccm',
  charging_mode: 0,
  period_type: 2,
  period_num: 1,
  is_auto_renew: 0,
  subscription_num: 1,
  product_infos: [
    {
      cloud_service_type: 'hws.service.type.ccm',
      resource_type: 'hws.resource.type.pca.duration',
      resource_spec_code: 'ca.duration',
    },
  ],
};

export const createCa = async (api: ApiClient, body: object): Promise<string> =>
  (await api.call<{ ca_id: string }>('POST', '/v1/private-certificate-authorities', body)).ca_id;

export const issueByCsr = async (api: ApiClient, issuerId: string): Promise<string> =>
  (await api.call<{ certificate_id: string }>('POST', '/v1/private-certificates/csr', csrBody(issuerId)))
    .certificate_id;

export const issueWithKey = async (api: ApiClient, issuerId: string, commonName: string): Promise<string> => {
  const body = certificateBody(issuerId, commonName);
  return (await api.call<{ certificate_id: string }>('POST', '/v1/private-certificates', body))
    .certificate_id;
};

export interface ListedCertificate {
  readonly certificate_id: string;
  readonly serial_number: string;
  readonly status: string;
}

/** All certificates of the account, page by page. */
export async function listAllCertificates(api: ApiClient): Promise<ListedCertificate[]> {
  const found: ListedCertificate[] = [];
  for (;;) {
    const path = `/v1/private-certificates?limit=1000&offset=${found.length}`;
    const page = await api.call<{ total: number; certificates: ListedCertificate[] }>('GET', path);
    found.push(...page.certificates);
    if (page.certificates.length === 0) return found;
  }
}

/** How much of a quota is used: of CAs or of certificates. */
export async function usedQuota(
  api: ApiClient,
  collection: 'private-certificate-authorities' | 'private-certificates',
): Promise<number> {
  const answer = await api.call<{ quotas: { resources: { used: number }[] } }>(
    'GET',
    `/v1/${collection}/quotas`,
  );
  return answer.quotas.resources[0]?.used ?? -1;
}
