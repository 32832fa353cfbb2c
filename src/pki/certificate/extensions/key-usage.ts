import { type DerValue, der, derCursor, tags, toNamedBits, toOid } from '../../der/index.ts';
import { MalformedError } from '../../malformed-error.ts';
import { oids } from '../../oids.ts';
import type { Extension } from '../extension.ts';

/** Bits of keyUsage in their order (RFC 5280 §4.2.1.3). */
export const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

/** One bit of keyUsage. */
export type KeyUsage = (typeof keyUsages)[number];

/** Critical keyUsage with at least one usage. */
export function keyUsageExtension(usages: readonly KeyUsage[]): Extension {
  if (usages.length === 0) throw new MalformedError('key usage without a usage');
  const value = der.namedBitString(keyUsages.map((usage) => usages.includes(usage)));
  return { oid: oids.keyUsage, critical: true, value };
}

/** RFC 5280 §4.2.1.3: at least one bit is set. */
export function readKeyUsage(value: DerValue): KeyUsage[] {
  if (value.tag !== tags.bitString) throw new MalformedError('key usage is not a bit string');
  const bits = toNamedBits(value);
  if (bits.length === 0 || bits.length > keyUsages.length) throw new MalformedError('key usage: wrong bits');
  return keyUsages.filter((_, bit) => bits[bit]);
}

/** extendedKeyUsage of key purposes in dotted form, at least one. */
export function extendedKeyUsageExtension(purposes: readonly string[], critical = false): Extension {
  if (purposes.length === 0) throw new MalformedError('extended key usage without a purpose');
  return { oid: oids.extendedKeyUsage, critical, value: der.sequence(...purposes.map(der.oid)) };
}

export function readExtendedKeyUsage(value: DerValue): string[] {
  const purposes: string[] = [];
  const cursor = derCursor(value);
  while (!cursor.atEnd) purposes.push(toOid(cursor.take(tags.oid)));
  if (purposes.length === 0) throw new MalformedError('extended key usage without a purpose');
  return purposes;
}
