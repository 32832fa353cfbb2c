import {
  authorityInfoAccessExtension,
  crlDistributionPointsExtension,
  type Extension,
} from '../pki/index.ts';
import type { RevocationPort } from '../private-ca/index.ts';

/** Paths of the plain listener. */
export const ocspPath = '/ocsp';
export const caIssuersPath = '/ca-issuers';

/** The object of a complete CRL in its bucket. */
export function crlKey(name: string): string {
  return `${name}.crl`;
}

/** The object of its delta. */
export function deltaKey(name: string): string {
  return `${name}.delta.crl`;
}

/** What certificates of an issuer carry: where its CRL is while that is on, where its OCSP and certificate are while OCSP is. */
export function addressExtensions(
  publicHttpUrl: string,
  issuer: Parameters<RevocationPort['addressExtensions']>[0],
): readonly Extension[] {
  const extensions: Extension[] = [];
  if (issuer.crl_enabled === 1 && issuer.crl_dis_point !== null) {
    extensions.push(crlDistributionPointsExtension([issuer.crl_dis_point]));
  }
  if (issuer.ocsp_enabled === 1) {
    const access = {
      ocsp: [`${publicHttpUrl}${ocspPath}/${issuer.ca_id}`],
      caIssuers: [`${publicHttpUrl}${caIssuersPath}/${issuer.ca_id}.cer`],
    };
    extensions.push(authorityInfoAccessExtension(access));
  }
  return extensions;
}
