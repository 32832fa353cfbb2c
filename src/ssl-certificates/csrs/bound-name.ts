import { domainToASCII, domainToUnicode } from 'node:url';
import { formatIpAddress, MalformedError, parseIpAddress } from '../../pki/index.ts';
import { scmError } from '../errors.ts';

/** A name that a certificate is bound to, as certificates hold it: A-labels in lower case, or an address in RFC 5952's form. */
export interface BoundName {
  readonly name: string;
  readonly kind: 'domain' | 'wildcard' | 'address';
}

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The names of a request, in order, each with its field. Throws SCM.0063 (twice), SCM.0108 (format), naming the field. */
export function readBoundNames(given: readonly (readonly [field: string, text: string])[]): BoundName[] {
  const names = new Map<string, BoundName>();
  for (const [field, text] of given) {
    const read = readBoundName(text);
    if ('problem' in read) throw scmError('SCM.0108', `${field}: the name ${read.problem}.`);
    if (names.has(read.name)) throw scmError('SCM.0063', `${field}: ${read.name} stands there twice.`);
    names.set(read.name, read);
  }
  return [...names.values()];
}

/**
 * Reads a name as people write it: any case, any script, perhaps the closing dot of the root. Preferred name syntax of RFC 1034 as changed
 * by RFC 1123 (RFC 5280 §4.2.1.6), at least two labels, and three for a wildcard: `*.com` is nobody's.
 */
export function readBoundName(given: string): BoundName | { readonly problem: string } {
  const address = addressOf(given);
  if (address !== undefined) return { name: address, kind: 'address' };
  const isWildcard = given.startsWith('*.');
  const rest = given.slice(isWildcard ? 2 : 0).replace(/\.$/, '');
  // RFC 9525 §6.3: a wildcard is the complete leftmost label.
  if (rest.includes('*')) return { problem: 'may have * only as its whole first label' };
  const host = hostOf(rest);
  const problem = problemOf(host);
  if (problem !== undefined) return { problem };
  const name = isWildcard ? `*.${host}` : host;
  return name.length > 253
    ? { problem: 'is longer than 253 characters' }
    : { name, kind: isWildcard ? 'wildcard' : 'domain' };
}

function addressOf(text: string): string | undefined {
  try {
    return formatIpAddress(parseIpAddress(text));
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

/** What may stand beside letters of other scripts: any other character of ASCII would make it part of a URL, or end it. */
const letterDigitHyphen = /^[A-Za-z0-9.\-\u0080-\u{10ffff}]*$/u;

/** domainToASCII reads URLs' hosts: it takes `127.1` and `%61` for what they are not, and stops at `/`. */
function hostOf(text: string): string {
  const isLeftAlone = isAscii(text) || !letterDigitHyphen.test(text);
  return isLeftAlone ? text.toLowerCase() : domainToASCII(text.normalize('NFC'));
}

function problemOf(host: string): string | undefined {
  const labels = host.split('.');
  if (labels.length < 2) return 'needs at least two labels, such as example.com';
  for (const each of labels) {
    if (!label.test(each))
      return 'must consist of labels of 1 to 63 letters, digits and inner hyphens, separated by periods';
    if (/^..--/.test(each) && !isALabel(each)) return 'has a label that is not an A-label of RFC 5891';
  }
  // RFC 3696 §2: what ends in a number is meant to be an address; URLs have them in hexadecimal digits too.
  return /^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1)!)
    ? 'ends in a number, but is no IP address'
    : undefined;
}

/** RFC 5891 §4.2.3.1: two hyphens in the third and fourth place belong to A-labels only, and those decode. */
function isALabel(text: string): boolean {
  const decoded = domainToUnicode(text);
  return !isAscii(decoded) && domainToASCII(decoded) === text;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

/** The parts of a list as it is sent; empty parts, as after the last separator, are none. */
export function separatedNames(list: string, separator: string | RegExp = ';'): string[] {
  return list
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
