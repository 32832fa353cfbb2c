import type { Actor } from '../../iam/actor.ts';
import { presentApplicant } from '../certificates/certificate-presentation.ts';
import {
  changeCertificate,
  findCertificate,
  findCertificateOfAnyAccount,
  type SslCertificate,
} from '../certificates/certificate-store.ts';
import { certificateNotFound, loadCertificate, requireStatus } from '../certificates/load-certificate.ts';
import { scmError } from '../errors.ts';
import { accessRequest, certificateResource, permissions } from '../permissions.ts';
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
 * Approves or rejects the organisation of an application of any account that is CHECKING_ORG: it becomes ISSUING or UNPASSED. All accounts
 * share the roots, so only users of the operator's account review, with the permission. Throws AccessDenied, SCM.0005 (rejected without
 * a reason), SCM.0010, SCM.0094.
 */
export async function reviewApplication(
  ports: ApplicationPorts,
  actor: Actor,
  certificateId: string,
  review: ReviewDecision,
): Promise<void> {
  const seen = await loadForReview(ports, actor, certificateId);
  const { account_id: accountId } = seen;
  const nowMs = ports.clock.nowMs();
  requireStatus('reviewApplication', seen, nowMs);
  if (review.decision === 'reject' && review.reason === '')
    throw scmError('SCM.0005', 'reason is mandatory for reject.');
  await requireOther(ports, actor, seen);
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
    const event = {
      action: permissions.reviewApplication.action,
      resourceType: 'cert',
      resourceId: certificateId,
      resourceName: seen.name,
      result: 'success',
    } as const;
    await ports.identity.recordAudit(transaction, actor, {
      ...event,
      detail: accountId === actor.accountId ? review.decision : `${review.decision}, account ${accountId}`,
    });
    if (accountId !== actor.accountId) {
      const operator = ports.identity.systemActor(accountId, 'operator review');
      await ports.identity.recordAudit(transaction, operator, { ...event, detail: review.decision });
    }
  });
  ports.jobs.wake();
}

/** Throws AccessDenied without the permission or outside the operator's account, before it is told whether the certificate exists. */
async function loadForReview(
  { database, identity }: Pick<ApplicationPorts, 'database' | 'identity'>,
  actor: Actor,
  certificateId: string,
): Promise<SslCertificate> {
  const permission = 'reviewApplication';
  if (!(await identity.isOperatorAccount(actor.accountId)))
    return identity.refuseBecause(
      actor,
      permissions[permission].action,
      'Only the operator reviews organisations.',
    );
  const certificate = await findCertificateOfAnyAccount(database, certificateId);
  if (!certificate || certificate.account_id === actor.accountId)
    return loadCertificate({ database, identity }, actor, permission, certificateId);
  // Its enterprise project and tags are the tenant's: policies of the operator's account do not speak of them.
  const resource = certificateResource(certificate.account_id, certificateId);
  await identity.authorize(actor, accessRequest(permission, { resource }));
  return certificate;
}

/** Refuses a review by the applicant, except the root user, who may be alone. */
async function requireOther(
  { database, identity }: Pick<ApplicationPorts, 'database' | 'identity'>,
  actor: Actor,
  { account_id: accountId, certificate_id: certificateId }: SslCertificate,
): Promise<void> {
  if (actor.isRoot || accountId !== actor.accountId) return;
  const application = await findApplication(database, certificateId);
  if (application?.applied_by !== actor.principalId) return;
  await identity.refuseBecause(
    actor,
    permissions.reviewApplication.action,
    'Somebody else than who applied has to review.',
  );
}

/**
 * Applications that wait for a review, the longest waiting first: of all accounts for the operator's, of their own for others. Throws
 * AccessDenied.
 */
export async function listReviews(
  { database, identity }: Pick<ApplicationPorts, 'database' | 'identity'>,
  actor: Actor,
  page: { readonly limit: number; readonly offset: number },
) {
  const { accountId } = actor;
  const projects = await identity.permittedEnterpriseProjects(actor, accessRequest('reviewApplication'));
  const of =
    (await identity.isOperatorAccount(accountId)) && projects === 'all'
      ? 'all'
      : { accountId, enterpriseProjectIds: projects };
  const { total, applications } = await listWaitingApplications(database, of, page);
  const reviews = await Promise.all(
    applications.map(async (application) => {
      const certificate = await findCertificate(database, application.account_id, application.certificate_id);
      const applicant = JSON.parse(application.applicant) as Applicant;
      return {
        certificate_id: application.certificate_id,
        account_id: application.account_id,
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
