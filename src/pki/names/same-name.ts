import type { DistinguishedName, NameAttribute } from './distinguished-name.ts';

/** RFC 5280 §7.1 with RFC 4518's preparation: case and compatibility forms folded, runs of spaces one, ends trimmed. */
function preparedValue(value: string): string {
  return value.normalize('NFKC').toLowerCase().normalize('NFKC').replace(/\s+/gu, ' ').trim();
}

/** One text for an RDN, the same for attributes in any order. */
function preparedRdn(rdn: readonly NameAttribute[]): string {
  const attributes = rdn.map(({ type, value }) => JSON.stringify([type, preparedValue(value)]));
  return attributes.sort().join('+');
}

// A chain with name constraints compares the same names over and over.
const preparedNames = new WeakMap<DistinguishedName, readonly string[]>();

function preparedName(name: DistinguishedName): readonly string[] {
  const known = preparedNames.get(name);
  if (known !== undefined) return known;
  const prepared = name.map(preparedRdn);
  preparedNames.set(name, prepared);
  return prepared;
}

/** Whether two names match by RFC 5280 §7.1, whatever string types they are encoded in. */
export function sameName(a: DistinguishedName, b: DistinguishedName): boolean {
  return a.length === b.length && nameStartsWith(a, b);
}

/** Whether `name` lies in the subtree of `base` (RFC 5280 §4.2.1.10): begins with all its RDNs. */
export function nameStartsWith(name: DistinguishedName, base: DistinguishedName): boolean {
  if (base.length > name.length) return false;
  const prepared = preparedName(name);
  return preparedName(base).every((rdn, index) => rdn === prepared[index]);
}
