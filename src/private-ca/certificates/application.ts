import type { AlternativeName } from '../../pki/index.ts';
import type { DistinguishedName } from '../distinguished-name.ts';
import { pcaError } from '../errors.ts';
import type { KeyUsage } from '../key-usage.ts';
import {
  type AlternativeNameType,
  alternativeNameLimit,
  certificateName,
  isAlternativeNameType,
} from './alternative-name.ts';
import type { CreateCertificateBody } from './certificate-schemas.ts';
import { customizedExtensionProblem } from './customized-extension.ts';
import { endEntityUsageProblem, orderedUsages } from './end-entity-usage.ts';
import { extendedKeyUsages } from './extended-key-usage.ts';

/** What a request asks to stand in the certificate, with everything that means "not set" left out. */
export interface RequestedExtensions {
  /** Undefined: the default for the key. */
  readonly keyUsages: readonly KeyUsage[] | undefined;
  readonly alternativeNames: readonly AlternativeName[];
  /** Object identifiers. */
  readonly extendedKeyUsages: readonly string[];
  readonly customized: { readonly oid: string; readonly value: string } | undefined;
}

const inheritedFields = ['country', 'state', 'locality', 'organization', 'organizational_unit'] as const;

/** The subject: what the request does not state comes from the parent CA (reference 4.2.2.2, table 4-205). */
export function inheritedSubject(
  asked: DistinguishedName,
  parent: Readonly<Record<(typeof inheritedFields)[number], string | null>>,
): DistinguishedName {
  const inherited = inheritedFields.map((field) => [field, asked[field] || (parent[field] ?? undefined)]);
  return { common_name: asked.common_name, ...Object.fromEntries(inherited) };
}

/** Throws the code of the field that cannot stand in a certificate, naming it. */
export function requestedExtensions(body: CreateCertificateBody): RequestedExtensions {
  return {
    keyUsages: requestedKeyUsages(body.key_usages),
    alternativeNames: requestedNames(body.subject_alternative_names ?? []),
    extendedKeyUsages: extendedKeyUsages(body.extended_key_usage ?? {}),
    customized: requestedExtension(body.customized_extension),
  };
}

function requestedKeyUsages(sent: readonly KeyUsage[] | undefined): readonly KeyUsage[] | undefined {
  if (sent === undefined || sent.length === 0) return undefined;
  const problem = endEntityUsageProblem(sent);
  if (problem !== undefined) throw pcaError('PCA.00020001', `key_usages ${problem}.`);
  return orderedUsages(sent);
}

function requestedNames(sent: readonly { type: string; value: string }[]): AlternativeName[] {
  if (sent.length > alternativeNameLimit) {
    throw pcaError(
      'PCA.00020001',
      `subject_alternative_names holds more than ${alternativeNameLimit} names.`,
    );
  }
  const names = sent.map(({ type, value }, index) => {
    const field = `subject_alternative_names[${index}]`;
    if (!isAlternativeNameType(type)) {
      throw pcaError('PCA.00020112', `${field}.type must be DNS, IP, EMAIL, URI or UPN.`);
    }
    const checked = certificateName({ type, value });
    if ('problem' in checked) throw nameError(type, `${field}.value ${checked.problem}.`);
    return checked.name;
  });
  return distinctNames(names);
}

function nameError(type: AlternativeNameType, detail: string) {
  if (type === 'DNS') return pcaError('PCA.00020110', detail);
  return type === 'IP' ? pcaError('PCA.00020111', detail) : pcaError('PCA.00020001', detail);
}

/** A name that stands twice says nothing more, and linters object. */
export function distinctNames(names: readonly AlternativeName[]): AlternativeName[] {
  return [...new Map(names.map((name) => [`${name.type}:${name.value}`, name])).values()];
}

function requestedExtension(
  sent: CreateCertificateBody['customized_extension'],
): RequestedExtensions['customized'] {
  const oid = sent?.object_identifier || undefined;
  const value = sent?.value || undefined;
  if (oid === undefined && value === undefined) return undefined;
  if (oid === undefined || value === undefined) {
    throw pcaError(
      'PCA.00020001',
      'customized_extension must have both object_identifier and value, or neither.',
    );
  }
  const problem = customizedExtensionProblem(oid);
  if (problem !== undefined) {
    throw pcaError('PCA.00020001', `customized_extension.object_identifier ${problem}.`);
  }
  if (!value.isWellFormed()) throw pcaError('PCA.00020001', 'customized_extension.value is not valid text.');
  return { oid, value };
}
