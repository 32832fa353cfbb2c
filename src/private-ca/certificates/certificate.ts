import { pcaError } from '../errors.ts';
import type { PrivateCertificateTable } from '../tables.ts';

/** A private certificate as it is stored. */
export type PrivateCertificate = PrivateCertificateTable;

/** What lists and details show: all but the certificates themselves, which would be most of the bytes. */
export type CertificateSummary = Omit<PrivateCertificate, 'certificate_der' | 'enc_certificate_der'>;

export const certificateStatuses = ['ISSUED', 'EXPIRED', 'REVOKED'] as const;
export type CertificateStatus = (typeof certificateStatuses)[number];

type Lifecycle = Pick<PrivateCertificate, 'not_after' | 'revoked_at'>;

/** Revocation outlasts expiry: relying parties ask why long after. RFC 5280 §4.1.2.5: valid through `not_after` itself. */
export function certificateStatus(certificate: Lifecycle, nowMs: number): CertificateStatus {
  if (certificate.revoked_at !== null) return 'REVOKED';
  return certificate.not_after < nowMs ? 'EXPIRED' : 'ISSUED';
}

/** Reference A.2.2, PCA.00030201 (9); revocation: nothing is stated, what is revoked already stays as it is. */
const allowedStatuses = {
  export: ['ISSUED'],
  revoke: ['ISSUED', 'EXPIRED'],
} as const satisfies Record<string, readonly CertificateStatus[]>;

/** Throws PCA.00030201 unless the operation is allowed in the certificate's status now, PCA.00030202 if it is frozen. */
export function requireAllowed(
  operation: keyof typeof allowedStatuses,
  certificate: Lifecycle & Pick<PrivateCertificate, 'freeze_flag'>,
  nowMs: number,
): void {
  if (certificate.freeze_flag !== 0) throw pcaError('PCA.00030202');
  const status = certificateStatus(certificate, nowMs);
  const allowed: readonly CertificateStatus[] = allowedStatuses[operation];
  if (!allowed.includes(status)) {
    throw pcaError('PCA.00030201', `The certificate is ${status}; it has to be ${allowed.join(' or ')}.`);
  }
}
