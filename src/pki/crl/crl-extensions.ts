import type { Extension } from '../certificate/extension.ts';
import { crlDistributionPointsExtension } from '../certificate/extensions/distribution-points.ts';
import { encodeGeneralName, type GeneralName, readGeneralNames } from '../certificate/general-name.ts';
import {
  contextTag,
  type DerValue,
  der,
  derCursor,
  tags,
  toBigInt,
  toBoolean,
  toNamedBits,
} from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';

/** What a CRL covers where it does not cover all that its issuer revoked (RFC 5280 §5.2.5). */
export type IssuingDistributionPoint = {
  /** Where this CRL is found: URIs, as in the certificates' own distribution points. */
  readonly fullName: readonly GeneralName[];
  readonly onlyContainsUserCerts: boolean;
  readonly onlyContainsCaCerts: boolean;
  readonly onlySomeReasons: boolean;
  readonly indirectCrl: boolean;
  readonly onlyContainsAttributeCerts: boolean;
};

/** cRLNumber, at most 20 octets (RFC 5280 §5.2.3). */
export function crlNumberExtension(number: bigint): Extension {
  return { oid: oids.crlNumber, critical: false, value: encodeCrlNumber(number) };
}

/** deltaCRLIndicator with the number of the complete CRL to which the delta is to be added; critical (RFC 5280 §5.2.4). */
export function deltaCrlIndicatorExtension(baseNumber: bigint): Extension {
  return { oid: oids.deltaCrlIndicator, critical: true, value: encodeCrlNumber(baseNumber) };
}

function encodeCrlNumber(number: bigint): Uint8Array {
  if (number < 0n || number >= 1n << 159n) throw new MalformedError('CRL number out of range');
  return der.integer(number);
}

/** The number in a cRLNumber or deltaCRLIndicator. Throws MalformedError. */
export function readCrlNumber(value: DerValue): bigint {
  if (value.tag !== tags.integer || value.length > 20) throw new MalformedError('not a CRL number');
  const number = toBigInt(value);
  if (number < 0n) throw new MalformedError('CRL number is negative');
  return number;
}

/** freshestCRL: where the deltas of a complete CRL are found, by URI (RFC 5280 §5.2.6). */
export function freshestCrlExtension(uris: readonly string[]): Extension {
  return { ...crlDistributionPointsExtension(uris), oid: oids.freshestCrl };
}

/** issuingDistributionPoint with URIs; critical. `contains`: leave out for a CRL of all certificates. */
export function issuingDistributionPointExtension(
  uris: readonly string[],
  contains?: 'users' | 'authorities',
): Extension {
  const names = uris.map((value) => encodeGeneralName({ type: 'URI', value }));
  const flag = der.implicit(contains === 'users' ? 1 : 2, Uint8Array.of(0xff));
  // RFC 5280 §5.2.5: never an empty sequence.
  if (names.length === 0 && contains === undefined)
    throw new MalformedError('distribution point says nothing');
  const point = names.length === 0 ? [] : [der.explicit(0, der.implicit(0, der.raw(...names), true))];
  const value = der.sequence(...point, ...(contains === undefined ? [] : [flag]));
  return { oid: oids.issuingDistributionPoint, critical: true, value };
}

function readFlag(value: DerValue | undefined): boolean {
  if (value === undefined) return false;
  if (!toBoolean(value)) throw new MalformedError('issuing distribution point: default value encoded');
  return true;
}

function readPointNames(value: DerValue | undefined): readonly GeneralName[] {
  if (value === undefined) return [];
  const cursor = derCursor(value);
  const names = cursor.takeOptional(contextTag(0));
  if (names === undefined) cursor.take(contextTag(1));
  cursor.end();
  return names === undefined ? [] : readGeneralNames(names);
}

/** Reads an issuingDistributionPoint. Throws MalformedError. */
export function readIssuingDistributionPoint(value: DerValue): IssuingDistributionPoint {
  const cursor = derCursor(value);
  const fullName = readPointNames(cursor.takeOptional(contextTag(0)));
  const onlyContainsUserCerts = readFlag(cursor.takeOptional(contextTag(1, false)));
  const onlyContainsCaCerts = readFlag(cursor.takeOptional(contextTag(2, false)));
  const reasons = cursor.takeOptional(contextTag(3, false));
  if (reasons !== undefined) toNamedBits(reasons);
  const indirectCrl = readFlag(cursor.takeOptional(contextTag(4, false)));
  const onlyContainsAttributeCerts = readFlag(cursor.takeOptional(contextTag(5, false)));
  cursor.end();
  const kinds = [onlyContainsUserCerts, onlyContainsCaCerts, onlyContainsAttributeCerts];
  if (kinds.filter(Boolean).length > 1)
    throw new MalformedError('issuing distribution point contradicts itself');
  return {
    fullName,
    onlyContainsUserCerts,
    onlyContainsCaCerts,
    onlySomeReasons: reasons !== undefined,
    indirectCrl,
    onlyContainsAttributeCerts,
  };
}
