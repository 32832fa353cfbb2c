import { createPublicKey, X509Certificate } from 'node:crypto';
import {
  type Certificate,
  children,
  der,
  MalformedError,
  readDer,
  sameName,
  UnsupportedAlgorithmError,
  verifyCertificateSignature,
} from '../../pki/index.ts';
import { scmError } from '../errors.ts';

/** Certificates that are stored one after the other. */
export function splitCertificates(chainDer: Uint8Array | null): readonly Uint8Array[] {
  return chainDer === null ? [] : children(readDer(der.sequence(chainDer))).map((value) => value.raw);
}

/**
 * Each was issued by the next. Only this is judged: what a client trusts at the top, and for how long, is the client's. Throws
 * SCM.0079.
 */
export async function requireLinked(chain: readonly Certificate[]): Promise<void> {
  for (const [index, certificate] of chain.entries()) {
    const issuer = chain[index + 1];
    if (issuer === undefined) return;
    const place = index === 0 ? 'certificate' : `Certificate ${index} of the chain`;
    if (!sameName(certificate.issuer, issuer.subject))
      throw scmError('SCM.0079', `${place} was not issued by the one after it: put the chain in order.`);
    if (issuer.version === 3 && issuer.known.basicConstraints?.ca !== true)
      throw scmError('SCM.0079', `Certificate ${index + 1} of the chain is not that of a CA.`);
    if (!(await isSignedBy(certificate, issuer)))
      throw scmError('SCM.0079', `${place} was not signed with the key of the one after it.`);
  }
}

/** Also with algorithms that nothing here is issued with, as in chains of public CAs: OpenSSL knows those. */
async function isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  try {
    return await verifyCertificateSignature(certificate, issuer.spki);
  } catch (error) {
    if (!(error instanceof UnsupportedAlgorithmError || error instanceof MalformedError)) throw error;
  }
  try {
    const key = createPublicKey({ key: Buffer.from(issuer.spki), format: 'der', type: 'spki' });
    return new X509Certificate(certificate.der).verify(key);
  } catch {
    return false;
  }
}
