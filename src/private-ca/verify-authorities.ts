import { parseCertificate, samePublicKey, verifyCertificateSignature } from '../pki/index.ts';
import type { Reader } from '../platform/db/index.ts';
import { pagesOf, type Verification, verifyAll } from '../platform/verification.ts';
import { type CertifiedAuthority, listCertifiedAuthorities } from './authorities/authority-store.ts';
import { chainFrom } from './chain.ts';

/** Verifies the certificate of every CA: it is for the CA's key, and the chain above it is signed, link by link. */
export function verifyAuthorities(reader: Reader): Promise<Verification> {
  return verifyAll(
    'certificate authorities',
    pagesOf((after: CertifiedAuthority | undefined) => listCertifiedAuthorities(reader, after)),
    (row) => `CA ${row.ca_id}`,
    (row) => verifyAuthority(reader, row),
  );
}

async function verifyAuthority(reader: Reader, row: CertifiedAuthority): Promise<void> {
  const chain = (await chainFrom(reader, row.account_id, row.ca_id)).map(parseCertificate);
  const [own] = chain;
  if (!own) throw new Error('it has no certificate');
  if (row.public_key_spki && !samePublicKey(own.spki, row.public_key_spki))
    throw new Error('its certificate is for another key');
  for (const [index, certificate] of chain.entries()) {
    const isSelfSigned = Buffer.compare(certificate.issuerDer, certificate.subjectDer) === 0;
    const issuer = chain[index + 1] ?? (isSelfSigned ? certificate : undefined);
    // An imported CA may have come without the certificates above it.
    if (issuer && !(await verifyCertificateSignature(certificate, issuer.spki)))
      throw new Error(`the signature of certificate ${index + 1} of its chain is wrong`);
  }
}
