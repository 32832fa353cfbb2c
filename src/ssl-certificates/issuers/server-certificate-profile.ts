import { isIP } from 'node:net';
import type { AlternativeName, SubjectAttributes } from '../../pki/index.ts';
import type { CertificateApplication } from './issuer.ts';

/** How far a subject shows who the applicant is. */
export type Validation = 'DV' | 'OV' | 'EV';

/** CA/Browser Forum, Baseline Requirements §7.1.6.1 and EV Guidelines: what was verified, for relying parties. */
const policies: Readonly<Record<Validation, string>> = {
  DV: '2.23.140.1.2.1',
  OV: '2.23.140.1.2.2',
  EV: '2.23.140.1.1',
};

/** RFC 5280, appendix A.1: ub-common-name. */
const longestCommonName = 64;

/** By the vendor's names of types (reference 4.1.2.1), such as OV_SSL_CERT_PRO. */
export function validationOf(type: string): Validation {
  if (type.startsWith('EV')) return 'EV';
  return type.startsWith('OV') ? 'OV' : 'DV';
}

export function policyOf(type: string): string {
  return policies[validationOf(type)];
}

/** A year is 365 days, a month beside whole years 30: 12 months are 365 days, 3 are 90. */
export function validityDays(months: number): number {
  return Math.floor(months / 12) * 365 + (months % 12) * 30;
}

export function alternativeNames(names: readonly string[]): AlternativeName[] {
  return names.map((value) => ({ type: isIP(value) === 0 ? 'DNS' : 'IP', value }));
}

/**
 * Of DV nothing but a name of the certificate, as far as it fits: the applicant was not verified. Units are left out unless asked
 * for: nobody can verify them (Baseline Requirements §7.1.2.7.4 forbids them since 2022).
 */
export function subjectOf(
  { names, organization, type }: Pick<CertificateApplication, 'names' | 'organization' | 'type'>,
  { withUnit }: { readonly withUnit: boolean },
): SubjectAttributes {
  const commonName = names.find((name) => name.length <= longestCommonName);
  if (validationOf(type) === 'DV' || organization === undefined) return { commonName };
  return {
    commonName,
    country: organization.country.toUpperCase(),
    state: organization.province,
    locality: organization.city,
    organization: organization.name,
    organizationalUnit: withUnit ? organization.unit : undefined,
  };
}
