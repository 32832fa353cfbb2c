import type { NameConstraints } from '../certificate/extensions/index.ts';
import type { GeneralName } from '../certificate/general-name.ts';
import type { Certificate } from '../certificate/parse-certificate.ts';
import { attributeValues } from '../names/distinguished-name.ts';
import { foldHost } from '../names/host-pattern.ts';
import { parseIpAddress } from '../names/ip-address.ts';
import { nameStartsWith } from '../names/same-name.ts';
import { parseUri } from '../names/uri.ts';
import { oids } from '../oids.ts';

/** Comparisons that may still be made for a chain, so that its names and constraints cannot multiply without end. */
export type ComparisonBudget = { left: number };

/** More than any honest chain needs, and a tenth of a second at worst. */
export function newComparisonBudget(): ComparisonBudget {
  return { left: 50_000 };
}

/** RFC 5280 §4.2.1.10: the name itself and what adds labels on its left; a leading dot leaves the name itself out. */
function dnsWithin(host: string, base: string): boolean {
  const name = foldHost(host);
  const subtree = foldHost(base);
  if (subtree === '') return true;
  if (subtree.startsWith('.')) return name.endsWith(subtree);
  return name === subtree || name.endsWith(`.${subtree}`);
}

/** A host or, with a leading dot, the hosts under a domain. */
function hostWithin(host: string, base: string): boolean {
  const subtree = foldHost(base);
  return subtree.startsWith('.') ? dnsWithin(host, subtree) : foldHost(host) === subtree;
}

/** Undefined for what is no mailbox: software disagrees about which of several `@` counts. */
function emailWithin(mailbox: string, base: string): boolean | undefined {
  const [local, host, ...more] = mailbox.split('@');
  if (host === undefined || more.length > 0) return undefined;
  if (!base.includes('@')) return hostWithin(host, base);
  const baseAt = base.lastIndexOf('@');
  // The local part is case sensitive (RFC 5280 §7.5), the host is not.
  return local === base.slice(0, baseAt) && hostWithin(host, base.slice(baseAt + 1));
}

/** RFC 5280 §4.2.1.10 knows domain names only: an address can be in no subtree. */
function hostOfUri(text: string): string | undefined {
  const host = parseUri(text)?.authority?.host;
  return host === undefined || host.startsWith('[') || /^[\d.]+$/.test(host) ? undefined : host;
}

function ipWithin(address: string, range: string): boolean {
  const [base, prefix] = range.split('/') as [string, string];
  const octets = parseIpAddress(address);
  const baseOctets = parseIpAddress(base);
  if (octets.length !== baseOctets.length) return false;
  return octets.every((octet, index) => {
    const bits = Math.min(8, Math.max(0, Number(prefix) - 8 * index));
    return ((octet ^ baseOctets[index]!) & (0xff00 >> bits) & 0xff) === 0;
  });
}

/** Whether a name of the same type lies in a subtree; undefined where it cannot be told. */
function isWithin(name: GeneralName, base: GeneralName): boolean | undefined {
  if (name.type === 'DNS' && base.type === 'DNS') return dnsWithin(name.value, base.value);
  if (name.type === 'EMAIL' && base.type === 'EMAIL') return emailWithin(name.value, base.value);
  if (name.type === 'IP' && base.type === 'IP') return ipWithin(name.value, base.value);
  if (name.type === 'DIRECTORY' && base.type === 'DIRECTORY') return nameStartsWith(name.name, base.name);
  if (name.type === 'URI' && base.type === 'URI') {
    const host = hostOfUri(name.value);
    return host === undefined ? undefined : hostWithin(host, base.value);
  }
  return undefined;
}

/** UPN is one form of otherName, so subtrees of unread forms bind it. */
function sameForm(name: GeneralName, base: GeneralName): boolean {
  return name.type === base.type || (name.type === 'UPN' && base.type === 'OTHER');
}

/** `*.example.com` also names `a.example.com`, so an exclusion of that must hit it. */
function wildcardTouches(name: GeneralName, base: GeneralName): boolean {
  if (name.type !== 'DNS' || base.type !== 'DNS' || !name.value.startsWith('*.')) return false;
  const subtree = foldHost(base.value);
  return subtree.slice(subtree.indexOf('.', 1) + 1) === foldHost(name.value).slice(2);
}

function withoutCase(name: GeneralName): GeneralName {
  return name.type === 'EMAIL' ? { type: 'EMAIL', value: name.value.toLowerCase() } : name;
}

function excludedBy(name: GeneralName, base: GeneralName): boolean {
  if (!sameForm(name, base)) return false;
  // What cannot be told is treated as forbidden, and so is a mailbox that differs in letter case only.
  return isWithin(withoutCase(name), withoutCase(base)) !== false || wildcardTouches(name, base);
}

/** A comparison reads both names. One of twenty thousand characters costs as much as hundreds of short ones. */
const charactersPerComparison = 100;

function lengthOf(names: readonly GeneralName[]): number {
  return names.reduce((length, name) => length + ('value' in name ? name.value.length : 0), 0);
}

/** Whether all names keep to the constraints (RFC 5280 §6.1.4 (g)). False also when the budget is used up. */
export function namesSatisfy(
  names: readonly GeneralName[],
  { permitted, excluded }: NameConstraints,
  budget: ComparisonBudget,
): boolean {
  const bases = [...permitted, ...excluded];
  const characters = bases.length * lengthOf(names) + names.length * lengthOf(bases);
  budget.left -= names.length * bases.length + characters / charactersPerComparison;
  if (budget.left < 0) return false;
  return names.every((name) => {
    if (excluded.some((base) => excludedBy(name, base))) return false;
    const applying = permitted.filter((base) => sameForm(name, base));
    return applying.length === 0 || applying.some((base) => isWithin(name, base) === true);
  });
}

/** The names of a certificate that constraints bind: subject, alternative names, and email addresses in the subject. */
export function constrainedNames(certificate: Certificate): GeneralName[] {
  const names: GeneralName[] = [...(certificate.known.subjectAlternativeNames ?? [])];
  if (certificate.subject.length > 0) names.push({ type: 'DIRECTORY', name: certificate.subject });
  // RFC 5280 §4.2.1.10 wants this where there is no alternative name; software reads the subject in any case.
  for (const value of attributeValues(certificate.subject, oids.emailAddress))
    names.push({ type: 'EMAIL', value });
  return names;
}

/** Reports whether every name in one subtree lies in another of the same type; for DNS, EMAIL, URI and IP. */
export function subtreeWithin(inner: GeneralName, outer: GeneralName): boolean {
  if (inner.type !== outer.type || !('value' in inner) || !('value' in outer)) return false;
  switch (inner.type) {
    case 'DNS':
      return dnsWithin(inner.value, outer.value);
    case 'URI':
      return hostWithin(inner.value, outer.value);
    case 'EMAIL':
      return inner.value.includes('@')
        ? emailWithin(inner.value, outer.value) === true
        : hostWithin(inner.value, outer.value);
    case 'IP': {
      const [address, prefix] = inner.value.split('/') as [string, string];
      return Number(prefix) >= Number(outer.value.split('/')[1]) && ipWithin(address, outer.value);
    }
    case 'UPN':
      return inner.value === outer.value;
  }
}
