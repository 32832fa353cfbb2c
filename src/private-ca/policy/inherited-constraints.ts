import {
  compileUriPattern,
  der,
  type GeneralName,
  type NameConstraints,
  oids,
  subtreeWithin,
} from '../../pki/index.ts';
import type { AllowedNames } from './allowed-names.ts';
import { constraintsOf, type IssuancePolicy } from './issuance-policy.ts';

const forms = ['DNS', 'EMAIL', 'URI', 'IP'] as const;
type Form = (typeof forms)[number];

/** The names of each form that a policy permits; undefined: all. An empty list permits none. */
type Permitted = Readonly<Record<Form, readonly GeneralName[] | undefined>>;

/** A rule of a policy that no name constraint can say. */
export class InexpressibleRule extends Error {}

/** RFC 2606 §2: nobody has names below `invalid`, so to permit one is to permit none. */
const nobody = 'nothing.invalid';

/** The forms of otherName by which people log on; their DER is that of a subtree of all. */
const logOnNames: readonly GeneralName[] = [oids.userPrincipalName, oids.kerberosPrincipalName].map(
  (type) => ({
    type: 'OTHER',
    der: der.tagged(0xa0, der.oid(type), der.explicit(0, der.utf8String(''))),
  }),
);

/**
 * The name constraints that bind a CA whose key is kept elsewhere as the policies of its issuer and of those above would bind it
 * here. Undefined if they say nothing of names. Throws InexpressibleRule.
 */
export function constraintsFromPolicies(policies: readonly IssuancePolicy[]): NameConstraints | undefined {
  const parts = policies.flatMap((policy) => [
    ...(policy.name_constraints ? [fromConstraints(constraintsOf(policy))] : []),
    ...(policy.allowed_names ? [fromAllowedNames(policy.allowed_names)] : []),
  ]);
  const permitted: GeneralName[] = [];
  const excluded = parts.flatMap((part) => part.excluded);
  for (const form of forms) {
    const bases = parts
      .map((part) => part.permitted[form])
      .filter((list) => list !== undefined)
      .reduce<readonly GeneralName[] | undefined>(narrower, undefined);
    if (bases === undefined) continue;
    if (bases.length > 0) permitted.push(...bases);
    else if (form !== 'IP') permitted.push({ type: form, value: nobody });
    else excluded.push({ type: 'IP', value: '0.0.0.0/0' }, { type: 'IP', value: '::/0' });
  }
  return permitted.length + excluded.length === 0 ? undefined : { permitted, excluded };
}

/** Returns the subtrees that lie within both lists. */
function narrower(
  one: readonly GeneralName[] | undefined,
  other: readonly GeneralName[],
): readonly GeneralName[] {
  if (one === undefined) return other;
  const common = one.flatMap((a) =>
    other.flatMap((b) => (subtreeWithin(a, b) ? [a] : subtreeWithin(b, a) ? [b] : [])),
  );
  return [...new Set(common)];
}

interface Part {
  readonly permitted: Permitted;
  readonly excluded: readonly GeneralName[];
}

function fromConstraints(constraints: NameConstraints | undefined): Part {
  const of = (form: Form) => {
    const bases = constraints?.permitted.filter(({ type }) => type === form) ?? [];
    return bases.length === 0 ? undefined : bases;
  };
  const permitted = { DNS: of('DNS'), EMAIL: of('EMAIL'), URI: of('URI'), IP: of('IP') };
  return { permitted, excluded: constraints?.excluded ?? [] };
}

/** Every form of `allowed_names` that is not listed is permitted to nobody. */
function fromAllowedNames(allowed: AllowedNames): Part {
  const { common_name: commonNames, dns = [], email = [], uri = [], upn = [], ip = [] } = allowed;
  const isOpen = (patterns: readonly string[]) => patterns.includes('*');
  if (commonNames !== undefined && !isOpen(commonNames))
    throw inexpressible('common_name', commonNames[0] ?? '');
  if (upn.length > 0 && !isOpen(upn)) throw inexpressible('upn', upn[0]!);
  const bases = (form: Form, field: keyof AllowedNames, patterns: readonly string[], read: BaseReader) =>
    isOpen(patterns)
      ? undefined
      : patterns.map((pattern) => {
          const value = read(pattern.toLowerCase());
          if (value === undefined) throw inexpressible(field, pattern);
          return { type: form, value } as GeneralName;
        });
  return {
    permitted: {
      DNS: bases('DNS', 'dns', dns, hostBase),
      EMAIL: bases('EMAIL', 'email', email, mailboxBase),
      URI: bases('URI', 'uri', uri, uriBase),
      IP: bases('IP', 'ip', ip, (range) => range),
    },
    excluded: [...belowExactNames(dns), ...(isOpen(upn) ? [] : logOnNames)],
  };
}

type BaseReader = (pattern: string) => string | undefined;

function inexpressible(field: string, pattern: string): InexpressibleRule {
  return new InexpressibleRule(
    `${field} "${pattern}" cannot be written as a name constraint into the certificate of a CA whose key is kept elsewhere`,
  );
}

/** `*.domain` is all below it, a host itself; nothing else with an asterisk is a subtree. */
function hostBase(pattern: string): string | undefined {
  const base = pattern.startsWith('*.') ? pattern.slice(1) : pattern;
  return base.includes('*') ? undefined : base;
}

function mailboxBase(pattern: string): string | undefined {
  const at = pattern.lastIndexOf('@');
  if (pattern.slice(0, at) === '*') return hostBase(pattern.slice(at + 1));
  return pattern.includes('*') ? undefined : pattern;
}

/** A subtree of URIs is about hosts only (RFC 5280 §4.2.1.10), so the pattern must leave all else open. */
function uriBase(pattern: string): string | undefined {
  const host = /^\*:\/\/([^/:]+):\*\/\*$/.exec(pattern)?.[1];
  return host === undefined || compileUriPattern(pattern) === undefined ? undefined : hostBase(host);
}

/** A subtree of DNS names has all that is below its base, which an exact name does not allow. */
function belowExactNames(dns: readonly string[]): GeneralName[] {
  const patterns = dns.map((pattern) => pattern.toLowerCase());
  const isOpenAbove = (name: string) =>
    patterns.some((pattern) => pattern.startsWith('*.') && `.${name}`.endsWith(pattern.slice(1)));
  const exact = patterns.filter((pattern) => !pattern.includes('*') && !isOpenAbove(pattern));
  return exact.map((name) => {
    const other = patterns.find((pattern) => pattern.endsWith(`.${name}`));
    if (other !== undefined) throw inexpressible('dns', other);
    return { type: 'DNS', value: `.${name}` };
  });
}
