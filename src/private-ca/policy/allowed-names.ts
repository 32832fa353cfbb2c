import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import {
  type AlternativeName,
  attributeValues,
  type Certificate,
  compileUriPattern,
  fitsHostPattern,
  fitsMailboxPattern,
  fitsPattern,
  foldHost,
  type GeneralName,
  namesSatisfy,
  newComparisonBudget,
  oids,
} from '../../pki/index.ts';
import type { IssuancePolicy } from './issuance-policy.ts';

export type AllowedNames = NonNullable<IssuancePolicy['allowed_names']>;

const hostName = /^(?:\*\.)?(?:[a-z0-9_-]+\.)+[a-z0-9-]*[a-z][a-z0-9-]*$/;

/** The host or address for which software may take a common name, or undefined. */
export function hostInCommonName(commonName: string): AlternativeName | undefined {
  const text = commonName.normalize('NFKC').trim();
  if (isIPv4(text) || isIPv6(text)) return text.includes('%') ? undefined : { type: 'IP', value: text };
  const host = foldHost(/[^\0-\x7f]/.test(text) ? domainToASCII(text) : text);
  return hostName.test(host) ? { type: 'DNS', value: host } : undefined;
}

export function wordsFor(name: GeneralName): string {
  return 'value' in name ? `${name.type} ${name.value}` : name.type;
}

/** Describes the names that are not allowed; undefined if all are. Common names of CAs are free as long as they could be no host. */
export function allowedNamesProblem(
  certificate: Certificate,
  allowed: AllowedNames,
  isAuthority: boolean,
): string | undefined {
  const commonNames = attributeValues(certificate.subject, oids.commonName);
  if (!isAuthority && allowed.common_name !== undefined) {
    const unlisted = (commonNames.length === 0 ? [''] : commonNames).find(
      (name) => !amongCommon(name, allowed),
    );
    if (unlisted !== undefined) return `the common name ${unlisted} fits none of common_name`;
  }
  for (const commonName of commonNames) {
    const host = hostInCommonName(commonName);
    if (host && !isSaidToBeCommon(commonName, allowed) && !isNameAllowed(host, allowed))
      return `the common name ${commonName} counts as ${wordsFor(host)}, which is not listed`;
  }
  for (const value of attributeValues(certificate.subject, oids.emailAddress))
    if (!isNameAllowed({ type: 'EMAIL', value }, allowed)) return `EMAIL ${value} is not listed`;
  for (const name of certificate.known.subjectAlternativeNames ?? []) {
    if (!('value' in name)) return `an alternative name of type ${name.type} is not listed`;
    if (!isNameAllowed(name, allowed)) return `${wordsFor(name)} is not listed`;
  }
  return undefined;
}

function amongCommon(name: string, { common_name: patterns = [] }: AllowedNames): boolean {
  return patterns.some((pattern) => fitsPattern(name, pattern));
}

/** `*` alone lets every title through, so it says nothing of hosts. */
function isSaidToBeCommon(name: string, { common_name: patterns = [] }: AllowedNames): boolean {
  return amongCommon(name, { common_name: patterns.filter((pattern) => !/^\*+$/.test(pattern)) });
}

function isNameAllowed(name: AlternativeName, allowed: AllowedNames): boolean {
  const { type, value } = name;
  switch (type) {
    case 'DNS':
      return (allowed.dns ?? []).some((pattern) => fitsHostPattern(value, pattern));
    case 'EMAIL':
      return (allowed.email ?? []).some((pattern) => fitsMailboxPattern(value, pattern));
    case 'UPN':
      return (allowed.upn ?? []).some((pattern) => fitsMailboxPattern(value, pattern));
    case 'URI':
      return (allowed.uri ?? []).some((pattern) => compileUriPattern(pattern)?.(value));
    case 'IP': {
      const permitted = (allowed.ip ?? []).map((range) => ({ type: 'IP', value: range }) as const);
      return permitted.length > 0 && namesSatisfy([name], { permitted, excluded: [] }, newComparisonBudget());
    }
  }
}

const hostPattern = /^[a-z0-9_*-]+(?:\.[a-z0-9_*-]+)*\.?$/i;
const mailboxPattern = /^(?:\*|[^@]+@[^@]+)$/;

/** The first pattern that no name could fit, as its field, and the form that it lacks. */
export function findWrongPattern(allowed: AllowedNames): string | undefined {
  const forms = {
    dns: {
      isRight: (text: string) => hostPattern.test(text),
      form: 'a host, with * for labels or within one',
    },
    email: { isRight: (text: string) => mailboxPattern.test(text), form: 'local-part@host or *' },
    upn: { isRight: (text: string) => mailboxPattern.test(text), form: 'user@realm or *' },
    uri: {
      isRight: (text: string) => compileUriPattern(text) !== undefined,
      form: 'scheme://host[:port][/path], scheme:path or *',
    },
  } as const;
  for (const type of ['dns', 'email', 'upn', 'uri'] as const) {
    const index = (allowed[type] ?? []).findIndex((pattern) => !forms[type].isRight(pattern));
    if (index >= 0) return `allowed_names.${type}[${index}] is not of the form ${forms[type].form}`;
  }
  return undefined;
}
