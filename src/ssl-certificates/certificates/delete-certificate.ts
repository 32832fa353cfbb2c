import type { Actor } from '../../iam/actor.ts';
import { permissions } from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { loadCertificate, requireStatus } from './load-certificate.ts';
import { removeWithBelongings } from './remove-certificate.ts';

/** Deletes a certificate from here; it is not revoked. Throws AccessDenied, SCM.0094, SCM.0010, SCM.0105. */
export async function deleteCertificate(
  ports: Pick<SslCertificatesPorts, 'database' | 'identity' | 'keyStore' | 'clock'>,
  actor: Actor,
  certificateId: string,
): Promise<void> {
  const certificate = await loadCertificate(ports, actor, 'deleteCertificate', certificateId);
  requireStatus('deleteCertificate', certificate, ports.clock.nowMs());
  await ports.database.transaction(async (transaction) => {
    await removeWithBelongings(ports, transaction, certificate);
    await ports.identity.recordAudit(transaction, actor, {
      action: permissions.deleteCertificate.action,
      resourceType: 'cert',
      resourceId: certificateId,
      resourceName: certificate.name,
      result: 'success',
    });
  });
}
