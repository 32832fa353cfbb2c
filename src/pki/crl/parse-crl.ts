import { type Extension, readExtensions } from '../certificate/extension.ts';
import {
  type DistributionPoint,
  readCrlDistributionPoints,
} from '../certificate/extensions/distribution-points.ts';
import {
  type AuthorityKeyIdentifier,
  readAuthorityKeyIdentifier,
} from '../certificate/extensions/key-identifiers.ts';
import { readSignedStructure, type SignedStructure } from '../certificate/signed-structure.ts';
import {
  contextTag,
  type DerCursor,
  type DerValue,
  derCursor,
  readDer,
  tags,
  toBigInt,
  toSmallInt,
  toTime,
} from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { type DistinguishedName, readName } from '../names/distinguished-name.ts';
import { oids } from '../oids.ts';
import {
  type IssuingDistributionPoint,
  readCrlNumber,
  readIssuingDistributionPoint,
} from './crl-extensions.ts';
import { type CrlReason, readReason } from './reason.ts';

/** One entry as it was read. */
export type RevokedCertificate = {
  readonly serialNumber: bigint;
  readonly revokedMs: number;
  readonly reason: CrlReason;
};

/** A CRL as it was read; the byte fields are views over what was given. */
export type CertificateRevocationList = SignedStructure & {
  readonly der: Uint8Array;
  readonly version: 1 | 2;
  readonly issuer: DistinguishedName;
  readonly issuerDer: Uint8Array;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number | undefined;
  readonly revoked: readonly RevokedCertificate[];
  readonly number: bigint | undefined;
  /** Set for a delta: the number of the complete CRL that it brings up to date. */
  readonly baseNumber: bigint | undefined;
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | undefined;
  readonly issuingDistributionPoint: IssuingDistributionPoint | undefined;
  readonly freshestCrl: readonly DistributionPoint[] | undefined;
  /** Critical extensions, of the list and of entries, that are not understood: the CRL must not be relied on. */
  readonly unknownCriticalExtensions: readonly string[];
};

const understood: ReadonlySet<string> = new Set([
  oids.crlNumber,
  oids.deltaCrlIndicator,
  oids.authorityKeyIdentifier,
  oids.issuingDistributionPoint,
  oids.freshestCrl,
]);

function unknownCritical(extensions: readonly Extension[], known: ReadonlySet<string>): string[] {
  return extensions.filter(({ critical, oid }) => critical && !known.has(oid)).map(({ oid }) => oid);
}

const entryUnderstood: ReadonlySet<string> = new Set([oids.reasonCode, oids.invalidityDate]);

function readEntry(value: DerValue, version: 1 | 2, unknown: Set<string>): RevokedCertificate {
  const cursor = derCursor(value);
  const serialNumber = toBigInt(cursor.take(tags.integer));
  const revokedMs = toTime(cursor.takeAny());
  const list = cursor.takeOptional(tags.sequence);
  cursor.end();
  if (list === undefined) return { serialNumber, revokedMs, reason: 'unspecified' };
  if (version === 1) throw new MalformedError('extensions need version 2');
  const extensions = readExtensions(list);
  for (const oid of unknownCritical(extensions, entryUnderstood)) unknown.add(oid);
  const reason = extensions.find(({ oid }) => oid === oids.reasonCode);
  return {
    serialNumber,
    revokedMs,
    reason: reason === undefined ? 'unspecified' : readReason(readDer(reason.value)),
  };
}

function readEntries(
  value: DerValue | undefined,
  version: 1 | 2,
  unknown: Set<string>,
): RevokedCertificate[] {
  if (value === undefined) return [];
  // RFC 5280 §5.1.2.6.
  if (value.length === 0) throw new MalformedError('empty list of revoked certificates');
  const entries: RevokedCertificate[] = [];
  const cursor = derCursor(value);
  while (!cursor.atEnd) entries.push(readEntry(cursor.take(tags.sequence), version, unknown));
  return entries;
}

function readCrlExtensionList(value: DerValue | undefined, version: 1 | 2): Extension[] {
  if (value === undefined) return [];
  if (version === 1) throw new MalformedError('extensions need version 2');
  const cursor = derCursor(value);
  const extensions = readExtensions(cursor.take(tags.sequence));
  cursor.end();
  return extensions;
}

function readVersion(cursor: DerCursor): 1 | 2 {
  const version = cursor.takeOptional(tags.integer);
  if (version === undefined) return 1;
  // RFC 5280 §5.1.2.1: if present it is v2.
  if (toSmallInt(version) !== 1) throw new MalformedError('CRL version is not 2');
  return 2;
}

function isTime(tag: number | undefined): boolean {
  return tag === tags.utcTime || tag === tags.generalizedTime;
}

function decodeCrlExtensions(extensions: readonly Extension[]) {
  const decode = <Value>(oid: string, read: (value: DerValue) => Value): Value | undefined => {
    const extension = extensions.find((candidate) => candidate.oid === oid);
    return extension === undefined ? undefined : read(readDer(extension.value));
  };
  return {
    number: decode(oids.crlNumber, readCrlNumber),
    baseNumber: decode(oids.deltaCrlIndicator, readCrlNumber),
    authorityKeyIdentifier: decode(oids.authorityKeyIdentifier, readAuthorityKeyIdentifier),
    issuingDistributionPoint: decode(oids.issuingDistributionPoint, readIssuingDistributionPoint),
    freshestCrl: decode(oids.freshestCrl, readCrlDistributionPoints),
  };
}

/** Reads a DER CRL, strictly (RFC 5280 §5.1), all of it in memory. Throws MalformedError. Nothing is judged. */
export function parseCrl(bytes: Uint8Array): CertificateRevocationList {
  const { tbsValue, algorithmIdentifier, ...signed } = readSignedStructure(bytes);
  const cursor = derCursor(tbsValue);
  const version = readVersion(cursor);
  // RFC 5280 §5.1.1.2: the algorithm inside is the one outside.
  if (Buffer.compare(cursor.take(tags.sequence).raw, algorithmIdentifier.raw) !== 0) {
    throw new MalformedError('algorithms differ');
  }
  const issuer = cursor.take(tags.sequence);
  if (issuer.length === 0) throw new MalformedError('issuer has no name');
  const thisUpdateMs = toTime(cursor.takeAny());
  const nextUpdateMs = isTime(cursor.nextTag) ? toTime(cursor.takeAny()) : undefined;
  const unknown = new Set<string>();
  const revoked = readEntries(cursor.takeOptional(tags.sequence), version, unknown);
  const extensions = readCrlExtensionList(cursor.takeOptional(contextTag(0)), version);
  cursor.end();
  for (const oid of unknownCritical(extensions, understood)) unknown.add(oid);
  return {
    ...signed,
    der: bytes,
    version,
    issuer: readName(issuer),
    issuerDer: issuer.raw,
    thisUpdateMs,
    nextUpdateMs,
    revoked,
    ...decodeCrlExtensions(extensions),
    unknownCriticalExtensions: [...unknown],
  };
}
