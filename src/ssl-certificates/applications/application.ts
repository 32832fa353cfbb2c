import type { SslCertificate } from '../certificates/certificate-store.ts';
import { separatedNames } from '../csrs/bound-name.ts';
import type { KeyAlgorithmName } from '../csrs/key-algorithm.ts';
import type { CertificateApplication, Organization } from '../issuers/issuer.ts';
import type { StoredApplication } from './application-store.ts';

/** Who applies, as sent; what was not sent is left out. */
export interface Applicant {
  readonly company_name?: string;
  readonly company_unit?: string;
  readonly company_province?: string;
  readonly company_city?: string;
  readonly country?: string;
  readonly applicant_name?: string;
  readonly applicant_phone?: string;
  readonly applicant_email?: string;
  readonly contact_name?: string;
  readonly contact_phone?: string;
  readonly contact_email?: string;
}

/** What an application is made with. */
export interface ApplicationData {
  readonly domain: string;
  /** Separated by semicolons; empty for none. */
  readonly sans: string;
  /** PEM; undefined: key and CSR are generated. */
  readonly csr: string | undefined;
  readonly keyAlgorithm: KeyAlgorithmName;
  readonly method: 'DNS' | 'FILE' | 'EMAIL';
  readonly autoDns: boolean;
  readonly hashAlgorithm: 'DEFAULT' | 'SHA-256';
  readonly applicant: Applicant;
}

/** Whether certificates of this type name an organisation, which is reviewed. */
export function namesOrganization(type: string | null): boolean {
  return type !== null && !type.startsWith('DV');
}

export function organizationOf(type: string | null, applicant: Applicant): Organization | undefined {
  if (!namesOrganization(type)) return undefined;
  return {
    country: (applicant.country ?? '').toUpperCase(),
    province: applicant.company_province ?? '',
    city: applicant.company_city ?? '',
    name: applicant.company_name ?? '',
    unit: applicant.company_unit,
  };
}

/** The application as issuers see it. */
export function issuerRequest(
  certificate: SslCertificate,
  application: StoredApplication,
): CertificateApplication {
  const applicant = JSON.parse(application.applicant) as Applicant;
  return {
    certificateId: certificate.certificate_id,
    accountId: certificate.account_id,
    brand: certificate.brand!,
    type: certificate.type!,
    names: [certificate.domain, ...separatedNames(certificate.sans)],
    csrDer: application.csr_der,
    keyAlgorithm: application.key_algorithm,
    method: application.method,
    organization: organizationOf(certificate.type, applicant),
    applicantEmail: applicant.applicant_email ?? '',
    validityMonths: certificate.validity_months!,
    hashAlgorithm: application.ca_hash_algorithm === 'SHA-256' ? 'SHA-256' : 'DEFAULT',
  };
}
