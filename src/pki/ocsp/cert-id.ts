import { createHash } from 'node:crypto';
import { parseAlgorithmIdentifier } from '../algorithms.ts';
import { type DerValue, der, derCursor, tags, toBigInt } from '../der/index.ts';
import { readSpki } from '../keys/public-key.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';

/** Hashes by which clients name an issuer. SHA-1 is a name here and proves nothing (RFC 6960 §4.3 wants it). */
export type CertIdHash = 'SHA1' | 'SHA256' | 'SHA384' | 'SHA512' | 'SM3';

const hashesByOid: Readonly<Record<string, CertIdHash>> = {
  [oids.sha1]: 'SHA1',
  [oids.sha256]: 'SHA256',
  [oids.sha384]: 'SHA384',
  [oids.sha512]: 'SHA512',
  [oids.sm3]: 'SM3',
};

/** Which certificate is asked about (RFC 6960 §4.1.1). */
export type CertId = {
  /** DER as it was sent. A response repeats it, since clients compare octets: parameters NULL or absent, for one. */
  readonly der: Uint8Array;
  /** Undefined for a hash that is not supported. */
  readonly hash: CertIdHash | undefined;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  readonly serialNumber: bigint;
};

/** How an issuer is named under one hash. */
export type IssuerHashes = { readonly name: Uint8Array; readonly key: Uint8Array };

/** Hashes of an issuer: of its encoded name and of its key bits, from its certificate's subject and DER SubjectPublicKeyInfo. */
export function issuerHashes(nameDer: Uint8Array, spki: Uint8Array, hash: CertIdHash): IssuerHashes {
  const digest = (octets: Uint8Array) => createHash(hash).update(octets).digest();
  return { name: digest(nameDer), key: digest(readSpki(spki).keyBits) };
}

/** Reads a CertID. Throws MalformedError. */
export function readCertId(value: DerValue): CertId {
  const cursor = derCursor(value);
  const { oid, parameters } = parseAlgorithmIdentifier(cursor.take(tags.sequence));
  if (parameters !== undefined && parameters.tag !== tags.null) {
    throw new MalformedError('hash algorithm with parameters');
  }
  const issuerNameHash = cursor.take(tags.octetString).value;
  const issuerKeyHash = cursor.take(tags.octetString).value;
  const serial = cursor.take(tags.integer);
  cursor.end();
  // RFC 5280 §4.1.2.2 knows no longer ones; a bound keeps what is done with them small.
  if (serial.length > 40) throw new MalformedError('serial number above 40 octets');
  return {
    der: value.raw,
    hash: hashesByOid[oid],
    issuerNameHash,
    issuerKeyHash,
    serialNumber: toBigInt(serial),
  };
}

const oidOfHash: Readonly<Record<CertIdHash, string>> = {
  SHA1: oids.sha1,
  SHA256: oids.sha256,
  SHA384: oids.sha384,
  SHA512: oids.sha512,
  SM3: oids.sm3,
};

/** DER of a CertID, with NULL parameters as OpenSSL and Java write them. */
export function encodeCertId(issuer: IssuerHashes, hash: CertIdHash, serialNumber: bigint): Uint8Array {
  return der.sequence(
    der.sequence(der.oid(oidOfHash[hash]), der.nullValue()),
    der.octetString(issuer.name),
    der.octetString(issuer.key),
    der.integer(serialNumber),
  );
}
