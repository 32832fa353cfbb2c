import {
  type AlternativeName,
  authorityKeyIdentifierExtension,
  basicConstraintsExtension,
  customExtension,
  type Extension,
  extendedKeyUsageExtension,
  keyIdentifierOf,
  keyUsageExtension,
  subjectAlternativeNameExtension,
  subjectKeyIdentifierExtension,
} from '../../pki/index.ts';
import type { Issuer } from '../issuer.ts';
import type { KeyUsage } from '../key-usage.ts';
import { customizedExtensionValue } from './customized-extension.ts';
import { extendedKeyUsageIsCritical } from './extended-key-usage.ts';

/** What a certificate says of its subject beside the name and the key. */
export interface CertificateContents {
  readonly keyUsages: readonly KeyUsage[];
  readonly alternativeNames: readonly AlternativeName[];
  /** Object identifiers. */
  readonly extendedKeyUsages: readonly string[];
  readonly customized?: { readonly oid: string; readonly value: string } | undefined;
}

/** What an issuer leaves in what it issues. */
type IssuerMarks = Pick<Issuer, 'keyIdentifier' | 'addressExtensions'>;

interface Subject {
  readonly spki: Uint8Array;
  readonly isEmpty: boolean;
}

/** Of a certificate that is not of a CA. */
export function entityExtensions(
  issuer: IssuerMarks,
  subject: Subject,
  contents: CertificateContents,
): Extension[] {
  const { customized } = contents;
  return [
    // RFC 5280 §4.2.1.9 leaves this to the CA; critical and empty, it tells old software too that this is no CA.
    ...extensionsWith(basicConstraintsExtension(false), issuer, subject, contents),
    ...(customized ? [customExtension(customized.oid, customizedExtensionValue(customized.value))] : []),
  ];
}

/** Of a subordinate CA with a path length. */
export function authorityExtensions(
  issuer: IssuerMarks,
  subject: Subject,
  contents: CertificateContents,
  pathLength: number,
): Extension[] {
  return extensionsWith(basicConstraintsExtension(true, pathLength), issuer, subject, contents);
}

/** In the order of the reference's certificates: key identifiers, basic constraints, key usage. */
function extensionsWith(
  basicConstraints: Extension,
  issuer: IssuerMarks,
  subject: Subject,
  { keyUsages, extendedKeyUsages, alternativeNames }: CertificateContents,
): Extension[] {
  const extensions = [
    authorityKeyIdentifierExtension(issuer.keyIdentifier),
    subjectKeyIdentifierExtension(keyIdentifierOf(subject.spki)),
    basicConstraints,
    keyUsageExtension(keyUsages),
  ];
  if (extendedKeyUsages.length > 0) {
    extensions.push(
      extendedKeyUsageExtension(extendedKeyUsages, extendedKeyUsageIsCritical(extendedKeyUsages)),
    );
  }
  // RFC 5280 §4.2.1.6: critical if it is all that names the subject.
  if (alternativeNames.length > 0) {
    extensions.push(subjectAlternativeNameExtension(alternativeNames, subject.isEmpty));
  }
  extensions.push(...issuer.addressExtensions);
  return extensions;
}
