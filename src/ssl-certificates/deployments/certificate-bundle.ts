import { createHash } from 'node:crypto';
import { encodePem } from '../../pki/index.ts';
import { splitCertificates } from '../certificates/certificate-chain.ts';
import type { SslCertificate } from '../certificates/certificate-store.ts';
import { requireStatus } from '../certificates/load-certificate.ts';
import { scmError } from '../errors.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import type { CertificateBundle } from '../targets/target.ts';

/** A certificate that can be brought somewhere, with its private key. */
export type DeployableCertificate = SslCertificate & {
  readonly certificate_der: Uint8Array;
  readonly key_id: string;
};

/** Throws SCM.0010 for the state, SCM.0401 for an SM certificate, SCM.0059 where the private key is not kept here. */
export function requireDeployable(
  operation: 'pushCertificate' | 'deployCertificate',
  certificate: SslCertificate,
  nowMs: number,
): DeployableCertificate {
  requireStatus(operation, certificate, nowMs);
  if (isSmCertificate(certificate))
    throw scmError('SCM.0401', 'No target takes a certificate with an SM2 key.');
  const { certificate_der, key_id } = certificate;
  if (certificate_der === null || key_id === null)
    throw scmError('SCM.0059', 'The applicant keeps the private key, and a target needs it.');
  return { ...certificate, certificate_der, key_id };
}

export function isSmCertificate({ key_algorithm, enc_certificate_der }: SslCertificate): boolean {
  return key_algorithm === 'SM2' || enc_certificate_der !== null;
}

/**
 * What targets get. Here and in an export the private key leaves the key store; its bytes are wiped, while the text that targets need
 * cannot be, and is let go with the bundle.
 */
export async function openBundle(
  { keyStore }: Pick<SslCertificatesPorts, 'keyStore'>,
  certificate: DeployableCertificate,
): Promise<CertificateBundle> {
  const { account_id: accountId, certificate_der: certificateDer, chain_der: chainDer } = certificate;
  const pkcs8 = await keyStore.exportPrivateKey({ accountId, purpose: 'scm' }, certificate.key_id);
  try {
    return {
      certificateId: certificate.certificate_id,
      accountId,
      name: certificate.name,
      domain: certificate.domain,
      certificatePem: encodePem('CERTIFICATE', certificateDer),
      chainPem: splitCertificates(chainDer)
        .map((each) => encodePem('CERTIFICATE', each))
        .join(''),
      privateKeyPem: encodePem('PRIVATE KEY', pkcs8),
      fingerprintSha256: createHash('sha256').update(certificateDer).digest('hex'),
    };
  } finally {
    pkcs8.fill(0);
  }
}
