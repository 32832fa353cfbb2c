import {
  type AlternativeName,
  attributeValues,
  type DistinguishedName,
  type GeneralName,
  oids,
  parseName,
} from '../pki/index.ts';

/** The names that a permission to certify may depend on: all of the certificate. */
export interface CertifiedNames {
  readonly commonNames: readonly string[];
  /** As `pca:SubjectNames` has them: `<type>:<name>`. */
  readonly subjectNames: readonly string[];
}

/** The names of a certificate with this subject and these alternative names. Forms that are never certified are left out. */
export function certifiedNames(
  subject: DistinguishedName,
  alternativeNames: readonly GeneralName[],
): CertifiedNames {
  const commonNames = attributeValues(subject, oids.commonName);
  const emails = attributeValues(subject, oids.emailAddress);
  const alternatives = alternativeNames.filter((name): name is AlternativeName => 'value' in name);
  const subjectNames = [
    ...commonNames.map((name) => `CN:${name}`),
    ...emails.map((address) => `EMAIL:${address}`),
    ...alternatives.map(({ type, value }) => `${type}:${value}`),
  ];
  return { commonNames, subjectNames: [...new Set(subjectNames)] };
}

/** As `issued_serials` keeps them. */
export function storedNames(subjectDer: Uint8Array, alternativeNames: readonly GeneralName[]): string {
  return JSON.stringify(certifiedNames(parseName(subjectDer), alternativeNames).subjectNames);
}
