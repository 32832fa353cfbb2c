import { isIPv4, isIPv6 } from 'node:net';
import type { AlternativeName } from '../../pki/index.ts';
import { certificateDnsName } from './dns-name.ts';

export type AlternativeNameType = AlternativeName['type'];

/** Reference 4.2.2.2: how many a certificate may have. */
export const alternativeNameLimit = 20;

const longest: Record<AlternativeNameType, number> = { DNS: 253, IP: 39, EMAIL: 256, URI: 253, UPN: 256 };

export function isAlternativeNameType(text: string): text is AlternativeNameType {
  return Object.hasOwn(longest, text);
}

/** Reports whether the type is known; the value is as it was sent. */
export function isAlternativeName(given: {
  readonly type: string;
  readonly value: string;
}): given is AlternativeName {
  return isAlternativeNameType(given.type);
}

/** The name as it goes into a certificate, or what is wrong with it, worded to follow the field's name. */
export function certificateName(given: AlternativeName): { name: AlternativeName } | { problem: string } {
  if (given.value === '') return { problem: 'is empty' };
  if (given.value.length > longest[given.type]) {
    return { problem: `is longer than ${longest[given.type]} characters` };
  }
  const checked = certificateValue(given);
  return 'problem' in checked ? checked : { name: { type: given.type, value: checked.value } };
}

function certificateValue({ type, value }: AlternativeName): { value: string } | { problem: string } {
  switch (type) {
    case 'DNS': {
      const dns = certificateDnsName(value);
      return 'problem' in dns ? dns : { value: dns.name };
    }
    case 'IP':
      return ipAddress(value);
    case 'EMAIL':
      return mailbox(value);
    case 'URI':
      return uri(value);
    case 'UPN':
      return userPrincipalName(value);
  }
}

function ipAddress(value: string): { value: string } | { problem: string } {
  // Node takes RFC 4007 zones (fe80::1%eth0); a certificate has no room for them.
  const known = isIPv4(value) || (isIPv6(value) && !value.includes('%'));
  return known ? { value } : { problem: 'is neither an IPv4 nor an IPv6 address' };
}

const dotAtom = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

/** RFC 5280 §4.2.1.6: a Mailbox of RFC 2821; quoted local parts are valid there, but nothing that checks names takes them. */
function mailbox(value: string): { value: string } | { problem: string } {
  const at = value.lastIndexOf('@');
  const localPart = value.slice(0, at);
  if (at < 1 || localPart.length > 64 || !dotAtom.test(localPart)) {
    return { problem: 'is not an e-mail address of ASCII characters with at most 64 before the @' };
  }
  const domain = value.slice(at + 1).startsWith('*')
    ? { problem: 'has a wildcard' }
    : certificateDnsName(value.slice(at + 1));
  if ('problem' in domain) return { problem: `is not an e-mail address: its domain ${domain.problem}` };
  return { value: `${localPart}@${domain.name}` };
}

// RFC 3986 §3: what follows the scheme; RFC 5280 §4.2.1.6 wants it absolute and not empty.
const absoluteUri = /^[A-Za-z][A-Za-z0-9+.-]*:((?:[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)$/;

function uri(value: string): { value: string } | { problem: string } {
  const rest = absoluteUri.exec(value)?.[1];
  if (rest === undefined) {
    return { problem: 'is not an absolute URI of RFC 3986 (scheme, colon, then percent-encoded ASCII)' };
  }
  if (rest.startsWith('//')) {
    const authority = /^\/\/([^/?#]*)/.exec(rest)![1]!;
    const host = authority.replace(/^[^@]*@/, '').replace(/:\d*$/, '');
    const valid = host.startsWith('[') && host.endsWith(']') ? isIPv6(host.slice(1, -1)) : isHost(host);
    if (!valid) return { problem: 'has an authority whose host is neither a domain name nor an IP address' };
  }
  return { value };
}

function isHost(host: string): boolean {
  return isIPv4(host) || (!host.startsWith('*') && 'name' in certificateDnsName(host));
}

/** MS-WCCE: a UPN is `user@realm` in UTF-8; Windows compares it as a whole, so only its form is checked. */
function userPrincipalName(value: string): { value: string } | { problem: string } {
  const [user, realm, ...more] = value.split('@');
  const formed = user !== '' && realm !== undefined && realm !== '' && more.length === 0;
  const plain = value.isWellFormed() && !/[\s\p{Cc}\p{Cf}]/u.test(value);
  return formed && plain ? { value } : { problem: 'is not a user principal name of the form user@realm' };
}
