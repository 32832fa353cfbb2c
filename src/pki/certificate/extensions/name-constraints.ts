import { contextTag, type DerValue, der, derCursor } from '../../der/index.ts';
import { MalformedError } from '../../malformed-error.ts';
import { formatIpAddress, parseIpAddress } from '../../names/ip-address.ts';
import { oids } from '../../oids.ts';
import type { Extension } from '../extension.ts';
import { encodeGeneralName, type GeneralName, readGeneralName } from '../general-name.ts';

/**
 * Subtrees by RFC 5280 §4.2.1.10. DNS `example.com` and what lies under it; EMAIL a mailbox, a host or `.domain`; URI a
 * host or `.domain`; IP `address/prefix`; DIRECTORY a leading part of the name.
 */
export type NameConstraints = {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
};

const contextTags = { EMAIL: 1, DNS: 2, URI: 6, IP: 7 };

function encodeIpRange(text: string): Uint8Array {
  const [address, prefix, ...rest] = text.split('/');
  const octets = parseIpAddress(address!);
  const bits = /^\d{1,3}$/.test(prefix ?? '') ? Number(prefix) : Number.NaN;
  if (rest.length > 0 || !(bits <= octets.length * 8)) throw new MalformedError('not an address range');
  const mask = octets.map((_, index) => 0xff & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * index))));
  if (octets.some((octet, index) => (octet & ~mask[index]!) !== 0))
    throw new MalformedError('bits outside the range');
  return der.implicit(contextTags.IP, der.raw(octets, mask));
}

function encodeSubtree(base: GeneralName): Uint8Array {
  switch (base.type) {
    case 'IP':
      return der.sequence(encodeIpRange(base.value));
    case 'DNS':
    case 'EMAIL':
    case 'URI':
      return der.sequence(der.implicit(contextTags[base.type], der.asciiContent(base.value)));
    case 'UPN':
      throw new MalformedError('user principal names cannot be constrained');
    case 'DIRECTORY':
    case 'REGISTERED_ID':
    case 'OTHER':
      return der.sequence(encodeGeneralName(base));
  }
}

/** Critical nameConstraints with at least one subtree, for CA certificates only. Throws MalformedError. */
export function nameConstraintsExtension({ permitted, excluded }: NameConstraints): Extension {
  if (permitted.length + excluded.length === 0) throw new MalformedError('no name constraint');
  const list = (number: number, bases: readonly GeneralName[]) =>
    bases.length === 0 ? [] : [der.implicit(number, der.raw(...bases.map(encodeSubtree)), true)];
  const value = der.sequence(...list(0, permitted), ...list(1, excluded));
  return { oid: oids.nameConstraints, critical: true, value };
}

function readIpRange(octets: Uint8Array): GeneralName {
  const half = octets.length / 2;
  const address = octets.subarray(0, half);
  if (half !== 4 && half !== 16) throw new MalformedError('address range has neither 8 nor 32 octets');
  const bits = [...octets.subarray(half)].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  // RFC 5280 §4.2.1.10 takes RFC 4632's masks: ones, then zeros.
  if (!/^1*0*$/.test(bits)) throw new MalformedError('address mask is not contiguous');
  const masked = address.map((octet, index) => octet & octets[half + index]!);
  return {
    type: 'IP',
    value: `${formatIpAddress(masked)}/${bits.indexOf('0') < 0 ? bits.length : bits.indexOf('0')}`,
  };
}

function readSubtrees(value: DerValue | undefined): GeneralName[] {
  if (value === undefined) return [];
  const bases: GeneralName[] = [];
  const list = derCursor(value);
  while (!list.atEnd) {
    // RFC 5280 §4.2.1.10: minimum is 0, which DER leaves out, and maximum is absent; so the base stands alone.
    const cursor = derCursor(list.takeAny());
    const base = cursor.takeAny();
    cursor.end();
    if (base.tag === contextTag(contextTags.IP, false)) bases.push(readIpRange(base.value));
    else if (base.tag === contextTag(0)) bases.push({ type: 'OTHER', der: base.raw });
    else bases.push(readGeneralName(base));
  }
  if (bases.length === 0) throw new MalformedError('empty list of subtrees');
  return bases;
}

export function readNameConstraints(value: DerValue): NameConstraints {
  const cursor = derCursor(value);
  const permitted = readSubtrees(cursor.takeOptional(contextTag(0)));
  const excluded = readSubtrees(cursor.takeOptional(contextTag(1)));
  cursor.end();
  if (permitted.length + excluded.length === 0) throw new MalformedError('no name constraint');
  return { permitted, excluded };
}
