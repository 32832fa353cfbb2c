import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';
import { compileUriPattern, foldHost, parseUri } from '../../pki/index.ts';
import { compileAddressRange } from './address-range.ts';
import { spendComparisons } from './comparison-budget.ts';
import { anyCharacters, type Comparison, NameGlob, readGlob } from './name-glob.ts';
import { MalformedPolicy } from './policy-document.ts';

/** The names of one private certificate, each as `<type>:<name>`. Conditions on them are judged over all of them. */
export const subjectNamesKey = 'pca:subjectnames';
const sslSubjectNamesKey = 'scm:subjectnames';
/** The vendor's key, which knows the common name only. */
export const commonNameKey = 'pca:commonname';

/** Reports whether the values of the key are the names of one certificate. */
export function hasSubjectNames(key: string): boolean {
  return key === subjectNamesKey || key === sslSubjectNamesKey;
}

const nameTypes = ['CN', 'DNS', 'IP', 'EMAIL', 'URI', 'UPN'] as const;
type NameType = (typeof nameTypes)[number];

export type NameTest = (name: string, comparison: Comparison) => boolean;

/** Undefined for an operator that does not compare strings. */
function globOf(operator: string, text: string): NameGlob | undefined {
  const kind = /^string(?:not)?(?:ignorecase)?(equals|like|match|startwith|endwith)/i.exec(operator)?.[1];
  switch (kind?.toLowerCase()) {
    case 'equals':
      return new NameGlob(text.split(''));
    case 'startwith':
      return new NameGlob([...text.split(''), anyCharacters]);
    case 'endwith':
      return new NameGlob([anyCharacters, ...text.split('')]);
    case 'like':
    case 'match':
      return new NameGlob(readGlob(text));
    default:
      return undefined;
  }
}

/**
 * Compiles a value of a policy, `<type>:<pattern>` or a pattern for names of every type. Undefined for an operator that does not
 * compare strings. Throws MalformedPolicy for a range or a URI pattern that is none.
 */
export function compileNameTest(operator: string, value: string): NameTest | undefined {
  const [, prefix, rest] = /^([A-Za-z]+):(.*)$/s.exec(value) ?? [];
  const type = nameTypes.find((each) => each === prefix?.toUpperCase());
  const pattern = type === undefined ? value : rest!;
  const glob = globOf(operator, foldPattern(pattern));
  if (glob === undefined) return undefined;
  if (type === undefined) return untypedTest(glob, pattern.includes('@'));
  if (type === 'IP') return typed(type, addressTest(operator, pattern));
  if (type === 'URI') return typed(type, uriTest(operator, pattern, glob));
  return typed(type, (text, comparison) => glob.meets(foldName(type, text), comparison));
}

/** A test for names of one type. Software takes a common name for a DNS name, so it counts as one too. */
function typed(type: NameType, test: NameTest): NameTest {
  return (name, comparison) => {
    const [actual, text] = splitName(name);
    return (actual === type || (type === 'DNS' && actual === 'CN')) && test(text, comparison);
  };
}

function untypedTest(glob: NameGlob, hasAt: boolean): NameTest {
  return (name, comparison) => {
    const [type, text] = splitName(name);
    const whole = foldName(type, text);
    const host = hostOf(type, text);
    if (comparison === 'touches')
      return (
        host === 'unclear' || [whole, ...(host ? [host] : [])].some((each) => glob.meets(each, 'touches'))
      );
    if (glob.isOpen) return true;
    if (type === 'URI') return host !== undefined && host !== 'unclear' && glob.meets(host, 'covers');
    const compared = hasAt ? whole : (host ?? whole);
    return compared !== 'unclear' && glob.meets(compared, 'covers');
  };
}

function splitName(name: string): readonly [NameType, string] {
  const colon = name.indexOf(':');
  return [name.slice(0, colon) as NameType, name.slice(colon + 1)];
}

/** The host within a name of a type that has more than a host; `unclear` where readers may find different ones. */
function readHost(type: NameType, text: string): string | undefined {
  if (type === 'URI') {
    const uri = parseUri(text);
    if (uri === undefined || uri.authority?.hasUserInfo) return 'unclear';
    return uri.authority?.host;
  }
  if (type !== 'EMAIL' && type !== 'UPN') return undefined;
  const [, host, ...more] = text.split('@');
  return host === undefined || more.length > 0 ? 'unclear' : foldText(host);
}

/** Letter case, compatibility forms, the dot of the root and other scripts' forms of a host do not tell names apart. */
function foldText(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase().trim();
  const ascii = isAscii(folded) ? folded : domainToASCII(folded) || folded;
  return foldHost(ascii);
}

/** Each name of a certificate is compared with many patterns, so what is read from it is kept for a while. */
function remembering<Result>(read: (type: NameType, text: string) => Result) {
  const results = new Map<string, Result>();
  return (type: NameType, text: string): Result => {
    const key = `${type}:${text}`;
    const known = results.get(key);
    if (known !== undefined) return known;
    spendComparisons(text.length);
    const result = read(type, text);
    if (results.size >= mostRemembered) results.clear();
    results.set(key, result);
    return result;
  };
}

const mostRemembered = 256;
const foldName = remembering(foldedNameOf);
const hostOf = remembering(readHost);

function foldedNameOf(type: NameType, text: string): string {
  if (type === 'IP') return ipaddr.isValid(text) ? ipaddr.process(text).toString() : foldText(text);
  if (type === 'URI') return text.toLowerCase();
  const at = text.lastIndexOf('@');
  return at < 0
    ? foldText(text)
    : `${text.slice(0, at).normalize('NFKC').toLowerCase()}@${foldText(text.slice(at + 1))}`;
}

/** As `foldText`, label by label, since asterisks are no part of a host. */
function foldPattern(pattern: string): string {
  const folded = pattern.normalize('NFKC').toLowerCase().trim();
  const labels = folded.split('.').map((label) => (isAscii(label) ? label : domainToASCII(label) || label));
  return foldHost(labels.join('.'));
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

function addressTest(operator: string, pattern: string): NameTest {
  if (/^\*+$/.test(pattern) && /like|match/i.test(operator)) return () => true;
  const test = compileAddressRange(pattern);
  if (!test)
    throw new MalformedPolicy(`Condition: "ip:${pattern}" is neither an address nor address/prefix.`);
  return test;
}

function uriTest(operator: string, pattern: string, glob: NameGlob): NameTest {
  if (!/like|match/i.test(operator))
    return (text, comparison) =>
      comparison === 'covers' ? text === pattern : glob.meets(text.toLowerCase(), comparison);
  const compiled = compileUriPattern(pattern);
  if (compiled === undefined)
    throw new MalformedPolicy(`Condition: "uri:${pattern}" is not of the form scheme://host/path.`);
  const fits = (text: string) => {
    spendComparisons(text.length / 4);
    return compiled(text);
  };
  return (text, comparison) =>
    fits(text) ||
    (comparison === 'touches' &&
      (parseUri(text) === undefined || glob.meets(text.toLowerCase(), comparison)));
}
