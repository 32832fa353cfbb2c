import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';
import { compileUriPattern, foldHost, parseUri } from '../../pki/index.ts';
import { MalformedPolicy } from './policy-document.ts';

/** The names of one private certificate, each as `<type>:<name>`. Conditions on them are judged over all of them. */
export const subjectNamesKey = 'pca:subjectnames';
const sslSubjectNamesKey = 'scm:subjectnames';
/** The vendor's key, which knows the common name only. */
export const commonNameKey = 'pca:commonname';

/** Whether the values of the key are the names of one certificate. */
export function hasSubjectNames(key: string): boolean {
  return key === subjectNamesKey || key === sslSubjectNamesKey;
}

const nameTypes = ['CN', 'DNS', 'IP', 'EMAIL', 'URI', 'UPN'] as const;
type NameType = (typeof nameTypes)[number];

/**
 * How a name and a pattern are compared. `covers`: the pattern holds for all that the name stands for. `touches`: it holds for
 * something that the name stands for, or nobody can tell; `*.corp` stands for `a.corp`.
 */
export type Comparison = 'covers' | 'touches';
export type NameTest = (name: string, comparison: Comparison) => boolean;

const any = Symbol('any characters');
const one = Symbol('one character');
type Token = string | typeof any | typeof one;

/** Undefined for an operator that does not compare strings. */
function tokensOf(operator: string, text: string): readonly Token[] | undefined {
  const kind = /^string(?:not)?(?:ignorecase)?(equals|like|match|startwith|endwith)/i.exec(operator)?.[1];
  switch (kind?.toLowerCase()) {
    case 'equals':
      return text.split('');
    case 'startwith':
      return [...text.split(''), any];
    case 'endwith':
      return [any, ...text.split('')];
    case 'like':
    case 'match':
      return text
        .replace(/\*+/g, '*')
        .split('')
        .map((each) => (each === '*' ? any : each === '?' ? one : each));
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
  const tokens = tokensOf(operator, foldPattern(pattern));
  if (tokens === undefined) return undefined;
  if (type === undefined) return untypedTest(tokens, pattern.includes('@'));
  if (type === 'IP') return typed(type, addressTest(operator, pattern));
  if (type === 'URI') return typed(type, uriTest(operator, pattern, tokens));
  return typed(type, (text, comparison) => meets(tokens, foldName(type, text), comparison));
}

/** A test for names of one type. Software takes a common name for a DNS name, so it counts as one too. */
function typed(type: NameType, test: NameTest): NameTest {
  return (name, comparison) => {
    const [actual, text] = splitName(name);
    return (actual === type || (type === 'DNS' && actual === 'CN')) && test(text, comparison);
  };
}

function untypedTest(tokens: readonly Token[], hasAt: boolean): NameTest {
  return (name, comparison) => {
    const [type, text] = splitName(name);
    const whole = foldName(type, text);
    const host = hostOf(type, text);
    if (comparison === 'touches')
      return (
        host === 'unclear' || [whole, ...(host ? [host] : [])].some((each) => meets(tokens, each, 'touches'))
      );
    if (tokens.length === 1 && tokens[0] === any) return true;
    if (type === 'URI') return host !== undefined && host !== 'unclear' && meets(tokens, host, 'covers');
    const compared = hasAt ? whole : (host ?? whole);
    return compared !== 'unclear' && meets(tokens, compared, 'covers');
  };
}

function splitName(name: string): readonly [NameType, string] {
  const colon = name.indexOf(':');
  return [name.slice(0, colon) as NameType, name.slice(colon + 1)];
}

/** The host within a name of a type that has more than a host; `unclear` where readers may find different ones. */
function hostOf(type: NameType, text: string): string | undefined {
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

function foldName(type: NameType, text: string): string {
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
  try {
    const [network, bits] = pattern.includes('/')
      ? ipaddr.parseCIDR(pattern)
      : [ipaddr.parse(pattern), ipaddr.parse(pattern).kind() === 'ipv4' ? 32 : 128];
    return (text) => {
      if (!ipaddr.isValid(text)) return false;
      const address = ipaddr.process(text);
      return address.kind() === network.kind() && address.match(network, bits);
    };
  } catch {
    throw new MalformedPolicy(`Condition: "ip:${pattern}" is neither an address nor address/prefix.`);
  }
}

function uriTest(operator: string, pattern: string, tokens: readonly Token[]): NameTest {
  if (!/like|match/i.test(operator))
    return (text, comparison) =>
      comparison === 'covers' ? text === pattern : meets(tokens, text.toLowerCase(), comparison);
  const fits = compileUriPattern(pattern);
  if (fits === undefined)
    throw new MalformedPolicy(`Condition: "uri:${pattern}" is not of the form scheme://host/path.`);
  return (text, comparison) =>
    fits(text) ||
    (comparison === 'touches' &&
      (parseUri(text) === undefined || meets(tokens, text.toLowerCase(), comparison)));
}

// No pattern of a policy has this character, so only `*` can stand for it.
const placeholder = '\u0001';

function meets(pattern: readonly Token[], text: string, comparison: Comparison): boolean {
  const isWildcard = text.startsWith('*.');
  if (!isWildcard || comparison === 'touches') return intersects(pattern, text, isWildcard);
  return [1, 2, 63].every((length) => intersects(pattern, placeholder.repeat(length) + text.slice(1), false));
}

/** Whether the pattern holds for the text, or for one of those that stand behind its wildcard label. */
function intersects(pattern: readonly Token[], text: string, isWildcard: boolean): boolean {
  let reached = new Uint8Array(pattern.length + 1);
  reached[0] = 1;
  skipStars(pattern, reached);
  for (let at = 0; at < text.length; at++) {
    const next = new Uint8Array(pattern.length + 1);
    if (isWildcard && at === 0) throughLabel(pattern, reached, next);
    else step(pattern, reached, next, (token) => token === text[at]);
    skipStars(pattern, next);
    reached = next;
  }
  return reached[pattern.length] === 1;
}

function step(
  pattern: readonly Token[],
  from: Uint8Array,
  to: Uint8Array,
  fits: (token: string) => boolean,
): void {
  for (let index = 0; index < pattern.length; index++) {
    if (from[index] !== 1) continue;
    const token = pattern[index]!;
    if (token === any) to[index] = 1;
    else if (token === one || fits(token)) to[index + 1] = 1;
  }
}

/** An asterisk may stand for nothing. */
function skipStars(pattern: readonly Token[], reached: Uint8Array): void {
  for (let index = 0; index < pattern.length; index++)
    if (reached[index] === 1 && pattern[index] === any) reached[index + 1] = 1;
}

/** A wildcard label stands for one character or more, none of them a dot. Places grow only, so one pass finds all. */
function throughLabel(pattern: readonly Token[], from: Uint8Array, to: Uint8Array): void {
  const isLabelText = (token: string) => token !== '.';
  step(pattern, from, to, isLabelText);
  skipStars(pattern, to);
  for (let index = 0; index < pattern.length; index++) {
    const token = pattern[index]!;
    if (to[index] === 1 && (token === any || token === one || isLabelText(token as string)))
      to[index + 1] = 1;
  }
}
