import type { Actor } from '../../iam/actor.ts';
import { changeCertificate } from '../certificates/certificate-store.ts';
import { loadCertificate, requireStatus } from '../certificates/load-certificate.ts';
import { permissions } from '../permissions.ts';
import { scheduleApplication } from './application-job.ts';
import type { ApplicationPorts } from './application-ports.ts';
import { changeApplication } from './application-store.ts';

/** So long the job tries to tell the issuer. */
const patienceMs = 3_600_000;

/** Withdraws an application: CANCELCHECKING, and PAID once the job has seen to it. Throws AccessDenied, SCM.0010, SCM.0094. */
export async function cancelApplication(
  ports: ApplicationPorts,
  actor: Actor,
  certificateId: string,
): Promise<void> {
  const seen = await loadCertificate(ports, actor, 'cancelApplication', certificateId);
  const nowMs = ports.clock.nowMs();
  requireStatus('cancelApplication', seen, nowMs);
  await ports.database.transaction(async (transaction) => {
    const certificate = await changeCertificate(transaction, seen, {
      status: 'CANCELCHECKING',
      updated_at: nowMs,
    });
    await changeApplication(transaction, certificateId, {
      expires_at: nowMs + patienceMs,
      review: 'none',
    });
    await scheduleApplication(ports, transaction, certificate);
    await ports.identity.recordAudit(transaction, actor, {
      action: permissions.cancelApplication.action,
      resourceType: 'cert',
      resourceId: certificateId,
      resourceName: seen.name,
      result: 'success',
    });
  });
  ports.jobs.wake();
}
