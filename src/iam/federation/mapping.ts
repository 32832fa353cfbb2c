import type { Claims } from './verify-id-token.ts';

/** How claims become a local user and groups: Keystone's mapping, as far as the vendor's console writes it. */
export interface MappingRule {
  readonly local: readonly {
    readonly user?: { readonly name: string };
    readonly group?: { readonly name: string };
    /** A name or a placeholder; several values give several groups. */
    readonly groups?: string;
  }[];
  readonly remote: readonly {
    /** A claim's name; `__NAMEID__` is the subject. */
    readonly type: string;
    readonly any_one_of?: readonly string[];
    readonly not_any_of?: readonly string[];
  }[];
}

export interface MappedUser {
  /** Undefined if no rule that matches names the user. */
  readonly name: string | undefined;
  readonly groupNames: readonly string[];
}

/** Why claims that the provider signed lead to nobody; the audit record says it, the answer does not. */
export class UnusableIdentity extends Error {}

const longestName = 255;

/** Reports whether a text can name somebody at an identity provider. */
export function isExternalIdentity(text: string): boolean {
  return text !== '' && text.length <= longestName && text.trim() === text && !/\p{C}/u.test(text);
}

/**
 * Takes groups from all rules that match, and the name from the first of them that has one. Throws UnusableIdentity if no rule
 * matches, or if the name is empty, ambiguous or cannot name a user.
 */
export function applyMapping(rules: readonly MappingRule[], claims: Claims): MappedUser {
  const groupNames = new Set<string>();
  let name: string | undefined;
  let matched = false;
  for (const rule of rules) {
    const values = matchRemote(rule, claims);
    if (!values) continue;
    matched = true;
    for (const local of rule.local) {
      if (local.user && name === undefined) name = userName(local.user.name, values);
      for (const template of [local.group?.name, local.groups])
        for (const group of template === undefined ? [] : substitute(template, values)) groupNames.add(group);
    }
  }
  if (!matched) throw new UnusableIdentity('no rule of the mapping matches');
  return { name, groupNames: [...groupNames] };
}

function userName(template: string, values: readonly (readonly string[])[]): string {
  const names = substitute(template, values);
  if (names.length === 0) throw new UnusableIdentity('the mapped user name is empty');
  if (names.length > 1) throw new UnusableIdentity('the mapped user name has several values');
  return requireIdentity(names[0]!);
}

/** @throws UnusableIdentity for a text that cannot name a user. */
export function requireIdentity(name: string): string {
  if (!isExternalIdentity(name))
    throw new UnusableIdentity('the mapped user name is empty, too long or has characters that no name has');
  return name;
}

/** Values for {0}, {1}, ...: of each claim that the rule names without a condition. Undefined if the rule does not match. */
function matchRemote(rule: MappingRule, claims: Claims): (readonly string[])[] | undefined {
  const values: (readonly string[])[] = [];
  for (const { type, any_one_of, not_any_of } of rule.remote) {
    const actual = claimValues(claims, type);
    if (actual.length === 0) return undefined;
    if (any_one_of && !actual.some((value) => any_one_of.includes(value))) return undefined;
    if (not_any_of && actual.some((value) => not_any_of.includes(value))) return undefined;
    if (!any_one_of && !not_any_of) values.push(actual);
  }
  return values;
}

/** Undefined for what the claims only inherit, such as `constructor`. */
function claimValues(claims: Claims, type: string): readonly string[] {
  const name = type === '__NAMEID__' ? 'sub' : type;
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  const list = Array.isArray(value) ? value : [value];
  return list.filter((entry): entry is string => typeof entry === 'string');
}

/**
 * Gives all values of a template that is one placeholder. Within other text a placeholder stands for its only value; one that has
 * none or several makes the template give nothing, so that no name is made from a part of itself.
 */
function substitute(template: string, values: readonly (readonly string[])[]): readonly string[] {
  const alone = /^\{(\d+)\}$/.exec(template);
  if (alone) return values[Number(alone[1])] ?? [];
  let isComplete = true;
  const text = template.replace(/\{(\d+)\}/g, (_, index: string) => {
    const [value, ...more] = values[Number(index)] ?? [];
    if (value === undefined || value === '' || more.length > 0) isComplete = false;
    return value ?? '';
  });
  return isComplete ? [text] : [];
}
