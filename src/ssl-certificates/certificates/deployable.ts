import { allowedStatuses, shownStatus } from '../certificate-status.ts';
import type { SslCertificateTable } from '../tables.ts';

type Judged = Pick<SslCertificateTable, 'status' | 'not_after' | 'key_id' | 'key_algorithm'>;

/** SM certificates go to no other service (SCM.0401, SCM.0508), nor does one of which the applicant keeps the key. */
export function isDeployable(certificate: Judged, nowMs: number): boolean {
  return hasDeployableState(certificate) && shownStatus(certificate, nowMs) !== 'EXPIRED';
}

/** As `isDeployable`, whatever the time is. */
export function hasDeployableState({ status, key_id, key_algorithm }: Omit<Judged, 'not_after'>): boolean {
  const allowed: readonly string[] = allowedStatuses.deployCertificate;
  return allowed.includes(status) && key_id !== null && key_algorithm !== 'SM2';
}
