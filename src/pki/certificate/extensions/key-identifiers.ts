import { hash } from 'node:crypto';
import { contextTag, type DerValue, der, derCursor, tags, toBigInt } from '../../der/index.ts';
import { readSpki } from '../../keys/public-key.ts';
import { MalformedError } from '../../malformed-error.ts';
import { oids } from '../../oids.ts';
import type { Extension } from '../extension.ts';
import { type GeneralName, readGeneralNames } from '../general-name.ts';

/** RFC 5280 §4.2.1.2 method 1: SHA-1 of the key bits of a DER SubjectPublicKeyInfo, 20 octets. A name, not a proof. */
export function keyIdentifierOf(spki: Uint8Array): Uint8Array {
  return hash('sha1', readSpki(spki).keyBits, 'buffer');
}

/** subjectKeyIdentifier with these octets, normally `keyIdentifierOf` the subject's key. */
export function subjectKeyIdentifierExtension(keyIdentifier: Uint8Array): Extension {
  return { oid: oids.subjectKeyIdentifier, critical: false, value: der.octetString(keyIdentifier) };
}

export function readSubjectKeyIdentifier(value: DerValue): Uint8Array {
  if (value.tag !== tags.octetString || value.length === 0) throw new MalformedError('not a key identifier');
  return value.value;
}

/** What an authorityKeyIdentifier says of the issuer's key. */
export type AuthorityKeyIdentifier = {
  readonly keyIdentifier: Uint8Array | undefined;
  readonly issuer: GeneralName[] | undefined;
  readonly serialNumber: bigint | undefined;
};

/** authorityKeyIdentifier with the subjectKeyIdentifier octets of the issuer's certificate. */
export function authorityKeyIdentifierExtension(keyIdentifier: Uint8Array): Extension {
  const value = der.sequence(der.implicit(0, keyIdentifier));
  return { oid: oids.authorityKeyIdentifier, critical: false, value };
}

export function readAuthorityKeyIdentifier(value: DerValue): AuthorityKeyIdentifier {
  const cursor = derCursor(value);
  const keyIdentifier = cursor.takeOptional(contextTag(0, false))?.value;
  const issuer = cursor.takeOptional(contextTag(1));
  const serialNumber = cursor.takeOptional(contextTag(2, false));
  cursor.end();
  // RFC 5280 appendix A.2: both or neither.
  if ((issuer === undefined) !== (serialNumber === undefined))
    throw new MalformedError('issuer without serial number');
  return {
    keyIdentifier,
    issuer: issuer && readGeneralNames(issuer),
    serialNumber: serialNumber && toBigInt(serialNumber),
  };
}
