import {
  contextTag,
  type DerValue,
  derCursor,
  tags,
  toBigInt,
  toBitString,
  toSmallInt,
  toTime,
} from '../der/index.ts';
import { readSpki } from '../keys/public-key.ts';
import { MalformedError } from '../malformed-error.ts';
import { type DistinguishedName, readName } from '../names/distinguished-name.ts';
import { type Extension, readExtensions } from './extension.ts';
import { decodeExtensions, type KnownExtensions } from './extensions/index.ts';
import { readSignedStructure, type SignedStructure, verifyStructure } from './signed-structure.ts';

/** A certificate as it was read; the byte fields are views over what was given. */
export type Certificate = SignedStructure & {
  readonly der: Uint8Array;
  readonly version: 1 | 2 | 3;
  readonly serialNumber: bigint;
  readonly issuer: DistinguishedName;
  readonly issuerDer: Uint8Array;
  readonly subject: DistinguishedName;
  readonly subjectDer: Uint8Array;
  /** Milliseconds since 1970; both instants belong to the validity. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** DER SubjectPublicKeyInfo: its form is checked, the key is not; `parsePublicKey` does that. */
  readonly spki: Uint8Array;
  readonly known: KnownExtensions;
  readonly extensions: readonly Extension[];
  /** Identifiers of critical extensions that are not understood: a path with this certificate is not valid. */
  readonly unknownCriticalExtensions: readonly string[];
};

function readVersion(value: DerValue | undefined): 1 | 2 | 3 {
  if (value === undefined) return 1;
  const cursor = derCursor(value);
  const version = toSmallInt(cursor.take(tags.integer));
  cursor.end();
  // RFC 5280 §4.1.2.1; v1 is the default, which DER leaves out.
  if (version !== 1 && version !== 2) throw new MalformedError('certificate version is not 2 or 3');
  return version === 1 ? 2 : 3;
}

function readSerialNumber(value: DerValue): bigint {
  // RFC 5280 §4.1.2.2. Roots with serial number 0 are in use, and are not harmful.
  if (value.length > 20) throw new MalformedError('serial number above 20 octets');
  const serialNumber = toBigInt(value);
  if (serialNumber < 0n) throw new MalformedError('serial number is negative');
  return serialNumber;
}

function readValidity(value: DerValue): { notBeforeMs: number; notAfterMs: number } {
  const cursor = derCursor(value);
  const notBeforeMs = toTime(cursor.takeAny());
  const notAfterMs = toTime(cursor.takeAny());
  cursor.end();
  return { notBeforeMs, notAfterMs };
}

function readExtensionList(value: DerValue | undefined, version: number): Extension[] {
  if (value === undefined) return [];
  if (version !== 3) throw new MalformedError('extensions need version 3');
  const cursor = derCursor(value);
  const extensions = readExtensions(cursor.take(tags.sequence));
  cursor.end();
  return extensions;
}

// As much as is read in a twentieth of a second.
const maximumLength = 262_144;

/**
 * Reads a DER certificate of at most 256 KiB, strictly (RFC 5280 §4.1). Throws MalformedError. Signature and times are not judged.
 */
export function parseCertificate(bytes: Uint8Array): Certificate {
  if (bytes.length > maximumLength) throw new MalformedError('certificate larger than 256 KiB');
  const { tbsValue, algorithmIdentifier, ...signed } = readSignedStructure(bytes);
  const cursor = derCursor(tbsValue);
  const version = readVersion(cursor.takeOptional(contextTag(0)));
  const serialNumber = readSerialNumber(cursor.take(tags.integer));
  // RFC 5280 §4.1.1.2: the algorithm inside is the one outside.
  const innerAlgorithm = cursor.take(tags.sequence).raw;
  if (Buffer.compare(innerAlgorithm, algorithmIdentifier.raw) !== 0)
    throw new MalformedError('algorithms differ');
  const issuer = cursor.take(tags.sequence);
  const validity = readValidity(cursor.take(tags.sequence));
  const subject = cursor.take(tags.sequence);
  const spki = cursor.take(tags.sequence).raw;
  readSpki(spki);
  for (const number of [1, 2]) {
    const uniqueId = cursor.takeOptional(contextTag(number, false));
    if (uniqueId === undefined) continue;
    if (version === 1) throw new MalformedError('unique identifiers need version 2');
    toBitString(uniqueId);
  }
  const extensions = readExtensionList(cursor.takeOptional(contextTag(3)), version);
  cursor.end();
  // RFC 5280 §4.1.2.4.
  if (issuer.length === 0) throw new MalformedError('issuer has no name');
  const { known, unknownCritical } = decodeExtensions(extensions);
  return {
    ...signed,
    der: bytes,
    version,
    serialNumber,
    issuer: readName(issuer),
    issuerDer: issuer.raw,
    subject: readName(subject),
    subjectDer: subject.raw,
    ...validity,
    spki,
    known,
    extensions,
    unknownCriticalExtensions: unknownCritical,
  };
}

/**
 * Whether a certificate was signed with the issuer's key (DER SubjectPublicKeyInfo). Throws UnsupportedAlgorithmError
 * for algorithms that are not supported and MalformedError for a bad key.
 */
export function verifyCertificateSignature(
  certificate: Certificate,
  issuerSpki: Uint8Array,
): Promise<boolean> {
  return verifyStructure(certificate, issuerSpki);
}
