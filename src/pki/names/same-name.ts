import type { DistinguishedName, NameAttribute } from './distinguished-name.ts';

/** RFC 5280 §7.1 with RFC 4518's preparation: case and compatibility forms folded, runs of spaces one, ends trimmed. */
function preparedValue(value: string): string {
  return value.normalize('NFKC').toLowerCase().normalize('NFKC').replace(/\s+/gu, ' ').trim();
}

function preparedRdn(rdn: readonly NameAttribute[]): string {
  const attributes = rdn.map(({ type, value }) => JSON.stringify([type, preparedValue(value)]));
  return attributes.sort().join('+');
}

/** Whether two RDNs match: the same attributes in any order. */
function sameRdn(a: readonly NameAttribute[], b: readonly NameAttribute[]): boolean {
  return a.length === b.length && preparedRdn(a) === preparedRdn(b);
}

/** Whether two names match by RFC 5280 §7.1, whatever string types they are encoded in. */
export function sameName(a: DistinguishedName, b: DistinguishedName): boolean {
  return a.length === b.length && nameStartsWith(a, b);
}

/** Whether `name` lies in the subtree of `base` (RFC 5280 §4.2.1.10): begins with all its RDNs. */
export function nameStartsWith(name: DistinguishedName, base: DistinguishedName): boolean {
  return base.length <= name.length && base.every((rdn, index) => sameRdn(rdn, name[index]!));
}
