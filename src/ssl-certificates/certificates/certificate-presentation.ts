import type { Static } from 'typebox';
import { shownStatus } from '../certificate-status.ts';
import type { SslCertificateTable } from '../tables.ts';
import { wireTime } from '../wire-time.ts';
import type { detailResponse, listItem } from './certificate-schemas.ts';
import type { CertificateSummary } from './certificate-store.ts';
import { isDeployable } from './deployable.ts';
import type { CertificateDetails } from './get-certificate.ts';

/** What lists and details have in common. What is not known yet is null. */
function presentCommon(certificate: CertificateSummary, nowMs: number) {
  return {
    id: certificate.certificate_id,
    name: certificate.name,
    type: certificate.type,
    brand: certificate.brand,
    status: shownStatus(certificate, nowMs),
    domain: certificate.domain || null,
    sans: certificate.sans || null,
    signature_algorithm: certificate.signature_algorithm,
    validity_period: certificate.validity_months,
    domain_type: certificate.domain_type,
    domain_count: certificate.domain_count,
    wildcard_count: certificate.wildcard_count,
    description: certificate.description,
    enterprise_project_id: certificate.enterprise_project_id,
  };
}

export function presentSummary(certificate: CertificateSummary, nowMs: number): Static<typeof listItem> {
  return {
    ...presentCommon(certificate, nowMs),
    deploy_support: isDeployable(certificate, nowMs),
    expire_time: wireTime(certificate.not_after),
    domain_id: certificate.account_id,
  };
}

const multiDomainTypes = {
  SINGLE_DOMAIN: 'primary_single',
  WILDCARD_DOMAIN: 'primary_wildcard',
} as const satisfies Record<NonNullable<SslCertificateTable['primary_domain_type']>, string>;

export function presentDetails(
  { certificate, application, applicant, validations }: CertificateDetails,
  nowMs: number,
): Static<typeof detailResponse> {
  const { primary_domain_type: primary } = certificate;
  return {
    ...presentCommon(certificate, nowMs),
    order_id: certificate.order_id,
    push_support: isDeployable(certificate, nowMs) ? 'ON' : 'OFF',
    revoke_reason: certificate.revoke_reason,
    issue_time: wireTime(certificate.issued_at),
    not_before: wireTime(certificate.not_before),
    not_after: wireTime(certificate.not_after),
    validation_method: application?.method ?? null,
    multi_domain_type: primary === null ? null : multiDomainTypes[primary],
    fingerprint: certificate.fingerprint,
    // Certificates are not shared between accounts here.
    shared: false,
    application_info: applicant === undefined ? null : presentApplicant(applicant),
    authentification: validations.map(({ record_name, record_type, record_value, domain }) => ({
      record_name,
      record_type,
      record_value,
      domain,
    })),
  };
}

/** Who applied, as details and reviews show it. */
export function presentApplicant(applicant: NonNullable<CertificateDetails['applicant']>) {
  return {
    country: applicant.country ?? null,
    company_name: applicant.company_name ?? null,
    company_province: applicant.company_province ?? null,
    company_city: applicant.company_city ?? null,
    applicant_name: applicant.applicant_name ?? null,
    applicant_phone: applicant.applicant_phone ?? null,
    applicant_email: applicant.applicant_email ?? null,
    contact_name: applicant.contact_name ?? null,
    contact_phone: applicant.contact_phone ?? null,
    contact_email: applicant.contact_email ?? null,
  };
}
