import type { Actor } from '../../iam/actor.ts';
import { pcaError } from '../errors.ts';
import { setRevocation } from '../issued-serial-store.ts';
import { accessRequest } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { markRevoked } from './certificate-store.ts';
import { authorizedToRevoke, serialNumbersOf } from './revoke-certificate.ts';

/**
 * Lifts the hold of a certificate, of both of an SM2 pair (RFC 5280 §5.3.1: what is on hold may be released). Needs the
 * permission to revoke. Throws AccessDenied, PCA.00030102, and PCA.00030201 unless it is on hold.
 */
export async function releaseHold(
  ports: Pick<PrivateCaPorts, 'database' | 'identity' | 'revocation'>,
  actor: Actor,
  certificateId: string,
): Promise<void> {
  const seen = await authorizedToRevoke(ports, actor, certificateId);
  if (seen.freeze_flag !== 0) throw pcaError('PCA.00030202');
  if (seen.revocation_reason !== 'CERTIFICATE_HOLD') {
    throw pcaError('PCA.00030201', 'The certificate is not on hold.');
  }
  const serialNumbers = serialNumbersOf(seen);
  await ports.database.transaction(async (transaction) => {
    if (!(await markRevoked(transaction, seen, { revoked_at: null, revocation_reason: null }))) {
      throw pcaError('PCA.00030201', 'The certificate was deleted or revoked meanwhile.');
    }
    await setRevocation(transaction, seen.issuer_id, serialNumbers, null);
    await ports.revocation?.statusChanged(transaction, { issuerId: seen.issuer_id, serialNumbers });
    await ports.identity.recordAudit(transaction, actor, {
      action: accessRequest('revokeCertificate').action,
      resourceType: 'certificate',
      resourceId: seen.certificate_id,
      resourceName: seen.common_name,
      result: 'success',
      detail: 'hold lifted',
    });
  });
  ports.revocation?.committed();
}
