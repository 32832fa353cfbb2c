import type { SslCertificate } from '../certificates/certificate-store.ts';
import { type ScmErrorCode, scmError } from '../errors.ts';

export const brands = ['GEOTRUST', 'GLOBALSIGN', 'SYMANTEC', 'CFCA', 'TRUSTASIA', 'VTRUS'] as const;
export const certificateTypes = [
  'DV_SSL_CERT',
  'DV_SSL_CERT_BASIC',
  'EV_SSL_CERT',
  'EV_SSL_CERT_PRO',
  'OV_SSL_CERT',
  'OV_SSL_CERT_PRO',
] as const;
export const domainTypes = ['SINGLE_DOMAIN', 'MULTI_DOMAIN', 'WILDCARD'] as const;
export const primaryDomainTypes = ['SINGLE_DOMAIN', 'WILDCARD_DOMAIN'] as const;

/** The type that costs nothing: an account has a limited number of them. */
export const freeCertificateType = 'DV_SSL_CERT_BASIC';
/** So many the vendor gives an account; more than any test of it needs. */
export const freeCertificateLimit = 20;

/** Names of one certificate at most, as other clients of the vendor have it; the reference says 100. */
export const mostNames = 250;
/** Months of a certificate that was bought by years: two years are two certificates, one after the other. */
const monthsOfYear = 12;
/** What the vendor gives for 0 years. */
const freeMonths = 3;

/** As in a request. */
export interface SentProduct {
  readonly cert_brand: (typeof brands)[number];
  readonly cert_type: (typeof certificateTypes)[number];
  readonly domain_type: (typeof domainTypes)[number];
  /** Years. */
  readonly effective_time: number;
  readonly domain_numbers: number;
  readonly primary_domain_type?: (typeof primaryDomainTypes)[number] | '' | undefined;
  readonly single_domain_number?: number | undefined;
  readonly wildcard_domain_number?: number | undefined;
}

/** What one certificate of an order is, as its columns. */
export interface Product {
  readonly brand: SentProduct['cert_brand'];
  readonly type: SentProduct['cert_type'];
  readonly domain_type: SentProduct['domain_type'];
  readonly primary_domain_type: (typeof primaryDomainTypes)[number] | null;
  readonly domain_count: number;
  readonly wildcard_count: number;
  readonly validity_months: number;
  readonly remaining_count: number;
}

/** The product that a certificate was bought as: what has an order has all of these columns. */
export function productOf(certificate: SslCertificate): Product {
  const { brand, type, domain_type, primary_domain_type, domain_count, wildcard_count } = certificate;
  const { validity_months, remaining_count } = certificate;
  return {
    brand,
    type,
    domain_type,
    primary_domain_type,
    domain_count,
    wildcard_count,
    validity_months,
    remaining_count,
  } as Product;
}

/** Throws SCM.0036 for numbers of names, SCM.0051 for names that the type cannot have, SCM.0052 for the time. */
export function readProduct(sent: SentProduct): Product {
  const { cert_brand: brand, cert_type: type, domain_type, effective_time: years } = sent;
  if (years === 0 && type !== freeCertificateType)
    throw scmError('SCM.0052', `effective_time is 1 to 3; 0 is for ${freeCertificateType} only.`);
  const isMulti = domain_type === 'MULTI_DOMAIN';
  const names = isMulti ? readNumbers(sent) : readNumber(sent);
  // The EV Guidelines of the CA/Browser Forum allow no wildcard names.
  if (type.startsWith('EV') && names.wildcard_count > 0)
    throw scmError('SCM.0051', 'An EV certificate has no wildcard names.');
  return {
    brand,
    type,
    domain_type,
    ...names,
    validity_months: years === 0 ? freeMonths : monthsOfYear,
    remaining_count: Math.max(years - 1, 0),
  };
}

type Numbers = Pick<Product, 'primary_domain_type' | 'domain_count' | 'wildcard_count'>;

function incorrect(detail: string, code: ScmErrorCode = 'SCM.0036') {
  return scmError(code, detail);
}

function readNumber(sent: SentProduct): Numbers {
  if (sent.domain_numbers !== 1)
    throw incorrect(`domain_numbers has to be 1 for domain_type ${sent.domain_type}.`);
  if (sent.single_domain_number || sent.wildcard_domain_number)
    throw incorrect('Only a certificate of domain_type MULTI_DOMAIN has additional names.');
  return {
    primary_domain_type: null,
    domain_count: 1,
    wildcard_count: sent.domain_type === 'WILDCARD' ? 1 : 0,
  };
}

function readNumbers(sent: SentProduct): Numbers {
  const { domain_numbers: count, single_domain_number: single, wildcard_domain_number: wildcard } = sent;
  if (count < 2 || count > mostNames)
    throw incorrect(`domain_numbers has to be 2 to ${mostNames} for domain_type MULTI_DOMAIN.`);
  const additional = count - 1;
  // One of the two that is left out is the rest; both, and all are single names.
  const wildcards = wildcard ?? (single === undefined ? 0 : additional - single);
  if (
    wildcards < 0 ||
    (single ?? additional - wildcards) + wildcards !== additional ||
    wildcards > additional
  )
    throw incorrect(
      'domain_numbers has to be 1, for the primary name, with single_domain_number and wildcard_domain_number.',
    );
  const primary = sent.primary_domain_type || 'SINGLE_DOMAIN';
  return {
    primary_domain_type: primary,
    domain_count: count,
    wildcard_count: wildcards + (primary === 'WILDCARD_DOMAIN' ? 1 : 0),
  };
}
