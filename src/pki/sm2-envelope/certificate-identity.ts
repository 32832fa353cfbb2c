import { contextTag, der, derCursor, readDerAs, tags } from '../der/index.ts';

/** What messages say of a certificate: IssuerAndSerialNumber (RFC 2315 §6.7) and the public key, each in DER. */
export type CertificateIdentity = { issuerAndSerialNumber: Uint8Array; publicKeySpki: Uint8Array };

/** Issuer, serial number and public key of a certificate. Throws MalformedError. */
export function certificateIdentity(certificateDer: Uint8Array): CertificateIdentity {
  const tbsCertificate = derCursor(derCursor(readDerAs(tags.sequence, certificateDer)).take(tags.sequence));
  tbsCertificate.takeOptional(contextTag(0));
  const serialNumber = tbsCertificate.take(tags.integer).raw;
  tbsCertificate.take(tags.sequence);
  const issuer = tbsCertificate.take(tags.sequence).raw;
  tbsCertificate.take(tags.sequence);
  tbsCertificate.take(tags.sequence);
  const publicKeySpki = tbsCertificate.take(tags.sequence).raw;
  return { issuerAndSerialNumber: der.sequence(issuer, serialNumber), publicKeySpki };
}
