import { pcaError } from './errors.ts';
import type { CertificateAuthorityTable } from './tables.ts';

/** A CA as it is stored. */
export type CertificateAuthority = CertificateAuthorityTable;

export type CaType = CertificateAuthority['type'];

/** What clients see (reference A.2.2; ACTIVED is spelt so everywhere). */
export const caStatuses = ['PENDING', 'ACTIVED', 'DISABLED', 'DELETED', 'EXPIRED'] as const;
export type CaStatus = (typeof caStatuses)[number];

/** In which status an operation is allowed: reference A.2.2, PCA.00030201. Revocation: nothing is stated; a CA that has a certificate. */
const allowedStatuses = {
  activate: ['PENDING'],
  import: ['PENDING'],
  exportCsr: ['PENDING'],
  issue: ['ACTIVED'],
  export: ['ACTIVED', 'EXPIRED'],
  disable: ['ACTIVED', 'EXPIRED'],
  enable: ['DISABLED'],
  delete: ['PENDING', 'DISABLED'],
  restore: ['DELETED'],
  revoke: ['ACTIVED', 'EXPIRED', 'DISABLED'],
  // A disabled CA goes on answering for what it issued.
  enableCrl: ['ACTIVED', 'DISABLED'],
  disableCrl: ['PENDING', 'ACTIVED', 'DISABLED', 'EXPIRED', 'DELETED'],
  switchOcsp: ['ACTIVED', 'DISABLED', 'EXPIRED'],
  setPolicy: ['PENDING', 'ACTIVED', 'DISABLED', 'EXPIRED'],
  share: ['PENDING', 'ACTIVED', 'DISABLED', 'EXPIRED'],
  revokeIssued: ['ACTIVED', 'DISABLED', 'EXPIRED', 'DELETED'],
} as const satisfies Record<string, readonly CaStatus[]>;

export type CaOperation = keyof typeof allowedStatuses;

type Lifecycle = Pick<CertificateAuthority, 'status' | 'not_after'>;

/** EXPIRED is ACTIVED seen after `not_after`; a disabled CA that expired stays DISABLED, or it could not be deleted. */
export function caStatus(ca: Lifecycle, nowMs: number): CaStatus | 'PURGED' {
  return ca.status === 'ACTIVED' && ca.not_after < nowMs ? 'EXPIRED' : ca.status;
}

/** Throws PCA.00030201 unless the operation is allowed in the CA's status now, PCA.00030202 if the CA is frozen. */
export function requireAllowed(
  operation: CaOperation,
  ca: Lifecycle & Pick<CertificateAuthority, 'freeze_flag'>,
  nowMs: number,
): void {
  if (ca.freeze_flag !== 0) throw pcaError('PCA.00030202');
  const status = caStatus(ca, nowMs);
  const allowed: readonly string[] = allowedStatuses[operation];
  if (!allowed.includes(status)) {
    throw pcaError('PCA.00030201', `The CA is ${status}; it has to be ${allowed.join(' or ')}.`);
  }
}

/** A purchased CA whose type, name and key are not known yet (reference 4.2.5.1, 4.2.1.6). */
export function lacksInformation(ca: Pick<CertificateAuthority, 'key_algorithm'>): boolean {
  return ca.key_algorithm === '';
}

/** On hold a certificate "is invalid at present and may take effect in the future" (reference 4.2.1.13); else revocation is for good. */
export function isRevokedForGood(
  ca: Pick<CertificateAuthority, 'revoked_at' | 'revocation_reason'>,
): boolean {
  return ca.revoked_at !== null && ca.revocation_reason !== 'CERTIFICATE_HOLD';
}
