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
  readonly name: string;
  readonly groupNames: readonly string[];
}

/** All rules that match give groups, the first of them the name. Undefined if none matches: nobody has a right to log in. */
export function applyMapping(rules: readonly MappingRule[], claims: Claims): MappedUser | undefined {
  const groupNames = new Set<string>();
  let name: string | undefined;
  let matched = false;
  for (const rule of rules) {
    const values = matchRemote(rule, claims);
    if (!values) continue;
    matched = true;
    for (const local of rule.local) {
      if (local.user && name === undefined) name = substitute(local.user.name, values)[0];
      for (const template of [local.group?.name, local.groups])
        for (const group of template === undefined ? [] : substitute(template, values)) groupNames.add(group);
    }
  }
  return matched ? { name: name ?? String(claims.sub), groupNames: [...groupNames] } : undefined;
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

function claimValues(claims: Claims, type: string): readonly string[] {
  const value = claims[type === '__NAMEID__' ? 'sub' : type];
  const list = Array.isArray(value) ? value : [value];
  return list.filter((entry): entry is string => typeof entry === 'string');
}

/** A template that is one placeholder gives all its values; within other text a placeholder stands for its first value. */
function substitute(template: string, values: readonly (readonly string[])[]): readonly string[] {
  const alone = /^\{(\d+)\}$/.exec(template);
  if (alone) return values[Number(alone[1])] ?? [];
  return [template.replace(/\{(\d+)\}/g, (_, index: string) => values[Number(index)]?.[0] ?? '')];
}
