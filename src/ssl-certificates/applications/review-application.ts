import type { Actor } from '../../iam/actor.ts';
import { presentApplicant } from '../certificates/certificate-presentation.ts';
import { changeCertificate, findCertificate } from '../certificates/certificate-store.ts';
import { certificateNotFound, loadCertificate, requireStatus } from '../certificates/load-certificate.ts';
import { scmError } from '../errors.ts';
import { accessRequest, permissions } from '../permissions.ts';
import { wireTime } from '../wire-time.ts';
import type { Applicant } from './application.ts';
import { scheduleApplication } from './application-job.ts';
import type { ApplicationPorts } from './application-ports.ts';
import { applicationSettings } from './application-settings.ts';
import { changeApplication, findApplication, listWaitingApplications } from './application-store.ts';
import { failApplication } from './end-application.ts';

export interface ReviewDecision {
  readonly decision: 'approve' | 'reject';
  /** Empty if none was given. */
  readonly reason: string;
}

/**
 * Approves or rejects the organisation of an application that is CHECKING_ORG: it becomes ISSUING or UNPASSED. Throws AccessDenied,
 * SCM.0005 (rejected without a reason), SCM.0010, SCM.0094.
 */
export async function reviewApplication(
  ports: ApplicationPorts,
  actor: Actor,
  certificateId: string,
  review: ReviewDecision,
): Promise<void> {
  const seen = await loadCertificate(ports, actor, 'reviewApplication', certificateId);
  const nowMs = ports.clock.nowMs();
  requireStatus('reviewApplication', seen, nowMs);
  if (review.decision === 'reject' && review.reason === '')
    throw scmError('SCM.0005', 'reason is mandatory for reject.');
  const { lifetimeMs } = applicationSettings(ports.configuration);
  await ports.database.transaction(async (transaction) => {
    const application = await findApplication(transaction, certificateId);
    if (!application) throw certificateNotFound(certificateId);
    if (review.decision === 'approve') {
      const certificate = await changeCertificate(transaction, seen, {
        status: 'ISSUING',
        updated_at: nowMs,
      });
      const change = { review: 'approved', expires_at: nowMs + lifetimeMs } as const;
      await changeApplication(transaction, certificateId, change);
      await scheduleApplication(ports, transaction, certificate);
    } else {
      await failApplication(ports, transaction, seen, application, review.reason);
      await changeApplication(transaction, certificateId, { review: 'rejected' });
    }
    await ports.identity.recordAudit(transaction, actor, {
      action: permissions.reviewApplication.action,
      resourceType: 'cert',
      resourceId: certificateId,
      resourceName: seen.name,
      result: 'success',
      detail: review.decision,
    });
  });
  ports.jobs.wake();
}

/** Applications that wait for a review and that the actor may review, the longest waiting first. Throws AccessDenied. */
export async function listReviews(
  { database, identity }: Pick<ApplicationPorts, 'database' | 'identity'>,
  actor: Actor,
  page: { readonly limit: number; readonly offset: number },
) {
  const { accountId } = actor;
  const projects = await identity.permittedEnterpriseProjects(actor, accessRequest('reviewApplication'));
  const { total, applications } = await listWaitingApplications(database, accountId, projects, page);
  const reviews = await Promise.all(
    applications.map(async (application) => {
      const certificate = await findCertificate(database, accountId, application.certificate_id);
      const applicant = JSON.parse(application.applicant) as Applicant;
      return {
        certificate_id: application.certificate_id,
        name: certificate?.name ?? '',
        brand: certificate?.brand ?? null,
        type: certificate?.type ?? null,
        domain: certificate?.domain ?? '',
        sans: certificate?.sans || null,
        ...presentApplicant(applicant),
        company_unit: applicant.company_unit ?? null,
        submit_time: wireTime(application.submitted_at),
      };
    }),
  );
  return { total, reviews };
}
