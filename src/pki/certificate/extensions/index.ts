import { type DerValue, readDer, tags } from '../../der/index.ts';
import { MalformedError } from '../../malformed-error.ts';
import { oids } from '../../oids.ts';
import type { Extension } from '../extension.ts';
import { type GeneralName, readGeneralNames } from '../general-name.ts';
import { type BasicConstraints, readBasicConstraints } from './basic-constraints.ts';
import { type CertificatePolicy, readCertificatePolicies } from './certificate-policies.ts';
import { type DistributionPoint, readCrlDistributionPoints } from './distribution-points.ts';
import { type AccessDescription, readAuthorityInfoAccess } from './information-access.ts';
import {
  type AuthorityKeyIdentifier,
  readAuthorityKeyIdentifier,
  readSubjectKeyIdentifier,
} from './key-identifiers.ts';
import { type KeyUsage, readExtendedKeyUsage, readKeyUsage } from './key-usage.ts';
import { type NameConstraints, readNameConstraints } from './name-constraints.ts';

export { subjectAlternativeNameExtension } from './alternative-names.ts';
export { type BasicConstraints, basicConstraintsExtension } from './basic-constraints.ts';
export { type CertificatePolicy, certificatePoliciesExtension } from './certificate-policies.ts';
export { crlDistributionPointsExtension, type DistributionPoint } from './distribution-points.ts';
export { type AccessDescription, authorityInfoAccessExtension } from './information-access.ts';
export {
  type AuthorityKeyIdentifier,
  authorityKeyIdentifierExtension,
  keyIdentifierOf,
  subjectKeyIdentifierExtension,
} from './key-identifiers.ts';
export { extendedKeyUsageExtension, type KeyUsage, keyUsageExtension, keyUsages } from './key-usage.ts';
export { type NameConstraints, nameConstraintsExtension } from './name-constraints.ts';

/** The extensions that are understood here, decoded; undefined where a certificate or request lacks them. */
export type KnownExtensions = {
  basicConstraints?: BasicConstraints;
  keyUsage?: KeyUsage[];
  /** Key purposes in dotted form. */
  extendedKeyUsage?: string[];
  subjectAlternativeNames?: GeneralName[];
  issuerAlternativeNames?: GeneralName[];
  subjectKeyIdentifier?: Uint8Array;
  authorityKeyIdentifier?: AuthorityKeyIdentifier;
  nameConstraints?: NameConstraints;
  certificatePolicies?: CertificatePolicy[];
  crlDistributionPoints?: DistributionPoint[];
  authorityInfoAccess?: AccessDescription[];
};

type Reader = (known: KnownExtensions, value: DerValue) => void;

const sequenceReaders: Record<string, Reader> = {
  [oids.basicConstraints]: (known, value) => (known.basicConstraints = readBasicConstraints(value)),
  [oids.extendedKeyUsage]: (known, value) => (known.extendedKeyUsage = readExtendedKeyUsage(value)),
  [oids.subjectAlternativeName]: (known, value) => (known.subjectAlternativeNames = readGeneralNames(value)),
  [oids.issuerAlternativeName]: (known, value) => (known.issuerAlternativeNames = readGeneralNames(value)),
  [oids.authorityKeyIdentifier]: (known, value) =>
    (known.authorityKeyIdentifier = readAuthorityKeyIdentifier(value)),
  [oids.nameConstraints]: (known, value) => (known.nameConstraints = readNameConstraints(value)),
  [oids.certificatePolicies]: (known, value) => (known.certificatePolicies = readCertificatePolicies(value)),
  [oids.crlDistributionPoints]: (known, value) =>
    (known.crlDistributionPoints = readCrlDistributionPoints(value)),
  [oids.authorityInfoAccess]: (known, value) => (known.authorityInfoAccess = readAuthorityInfoAccess(value)),
};

const primitiveReaders: Record<string, Reader> = {
  [oids.keyUsage]: (known, value) => (known.keyUsage = readKeyUsage(value)),
  [oids.subjectKeyIdentifier]: (known, value) =>
    (known.subjectKeyIdentifier = readSubjectKeyIdentifier(value)),
};

/** Decodes the extensions that are known and lists the critical ones that are not. Throws MalformedError. */
export function decodeExtensions(extensions: readonly Extension[]): {
  known: KnownExtensions;
  unknownCritical: string[];
} {
  const known: KnownExtensions = {};
  const unknownCritical: string[] = [];
  for (const { oid, critical, value } of extensions) {
    const inSequence = sequenceReaders[oid];
    const read = inSequence ?? primitiveReaders[oid];
    if (read === undefined) {
      if (critical) unknownCritical.push(oid);
      continue;
    }
    const decoded = readDer(value);
    if (inSequence !== undefined && decoded.tag !== tags.sequence)
      throw new MalformedError('extension is no sequence');
    read(known, decoded);
  }
  return { known, unknownCritical };
}
