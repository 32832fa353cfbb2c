import { type DerValue, der, derCursor, tags, toOid, toText } from '../../der/index.ts';
import { MalformedError } from '../../malformed-error.ts';
import { oids } from '../../oids.ts';
import type { Extension } from '../extension.ts';

/** One policy in dotted form, with the addresses of its certification practice statements. */
export type CertificatePolicy = { readonly oid: string; readonly cpsUris: readonly string[] };

/** certificatePolicies (RFC 5280 §4.2.1.4); at least one. */
export function certificatePoliciesExtension(
  policies: readonly CertificatePolicy[],
  critical = false,
): Extension {
  if (policies.length === 0) throw new MalformedError('no certificate policy');
  const value = der.sequence(...policies.map(encodePolicy));
  return { oid: oids.certificatePolicies, critical, value };
}

function encodePolicy({ oid, cpsUris }: CertificatePolicy): Uint8Array {
  const qualifiers = cpsUris.map((uri) => der.sequence(der.oid(oids.cpsQualifier), der.ia5String(uri)));
  if (qualifiers.length === 0) return der.sequence(der.oid(oid));
  return der.sequence(der.oid(oid), der.sequence(...qualifiers));
}

function readCpsUris(qualifiers: DerValue): string[] {
  const uris: string[] = [];
  const list = derCursor(qualifiers);
  if (list.atEnd) throw new MalformedError('empty list of policy qualifiers');
  while (!list.atEnd) {
    const cursor = derCursor(list.take(tags.sequence));
    const qualifier = toOid(cursor.take(tags.oid));
    if (qualifier === oids.cpsQualifier) uris.push(toText(cursor.take(tags.ia5String)));
    else cursor.takeAny();
    cursor.end();
  }
  return uris;
}

export function readCertificatePolicies(value: DerValue): CertificatePolicy[] {
  const policies = new Map<string, CertificatePolicy>();
  const list = derCursor(value);
  while (!list.atEnd) {
    const cursor = derCursor(list.take(tags.sequence));
    const oid = toOid(cursor.take(tags.oid));
    const qualifiers = cursor.takeOptional(tags.sequence);
    cursor.end();
    // RFC 5280 §4.2.1.4: a policy occurs once.
    if (policies.has(oid)) throw new MalformedError('duplicate certificate policy');
    policies.set(oid, { oid, cpsUris: qualifiers === undefined ? [] : readCpsUris(qualifiers) });
  }
  if (policies.size === 0) throw new MalformedError('no certificate policy');
  return [...policies.values()];
}
