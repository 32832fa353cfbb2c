import type { Actor } from '../../iam/actor.ts';
import { shownStatus } from '../certificate-status.ts';
import { holdCertificate } from '../certificates/certificate-store.ts';
import { certificateNotFound, loadCertificate, requireStatus } from '../certificates/load-certificate.ts';
import { scmError } from '../errors.ts';
import { wireTime } from '../wire-time.ts';
import { scheduleApplication } from './application-job.ts';
import type { ApplicationPorts } from './application-ports.ts';
import { applicationSettings } from './application-settings.ts';
import { findApplication } from './application-store.ts';
import { hastenValidations, listValidations } from './validation-store.ts';

const endedByTime: readonly string[] = ['CHECKING', 'CHECKING_DOMAIN', 'ISSUING'];

/** How far an application is. Throws AccessDenied, SCM.0094, also if the certificate was not applied for. */
export async function getApplication(
  ports: Pick<ApplicationPorts, 'database' | 'identity' | 'clock'>,
  actor: Actor,
  certificateId: string,
) {
  const certificate = await loadCertificate(ports, actor, 'getCertificate', certificateId);
  const application = await findApplication(ports.database, certificateId);
  if (!application) throw scmError('SCM.0094', 'The certificate has not been applied for.');
  const validations = await listValidations(ports.database, certificateId);
  return {
    certificate_id: certificateId,
    status: shownStatus(certificate, ports.clock.nowMs()),
    failure_reason: certificate.failure_reason,
    submit_time: wireTime(application.submitted_at),
    expire_time: endedByTime.includes(certificate.status) ? wireTime(application.expires_at) : null,
    issuer: application.issuer,
    review: application.review,
    domains: validations.map((validation) => ({
      domain: validation.domain,
      method: validation.method,
      record_name: validation.record_name,
      record_type: validation.record_type,
      record_value: validation.record_value,
      publication: validation.publication,
      verify_time: wireTime(validation.verified_at),
      check_time: wireTime(validation.checked_at),
      attempts: validation.attempts,
      last_failure: validation.last_failure,
    })),
  };
}

/**
 * Has the names checked now rather than at their time: the applicant has just written the record. What was checked within the shortest
 * wait between two checks is left to its time. Throws AccessDenied, SCM.0010, SCM.0094.
 */
export async function checkNow(ports: ApplicationPorts, actor: Actor, certificateId: string): Promise<void> {
  const certificate = await loadCertificate(ports, actor, 'applyCertificate', certificateId);
  const nowMs = ports.clock.nowMs();
  requireStatus('checkApplication', certificate, nowMs);
  const { firstCheckMs } = applicationSettings(ports.configuration);
  await ports.database.transaction(async (transaction) => {
    const { account_id: accountId } = certificate;
    if (!(await holdCertificate(transaction, accountId, certificateId)))
      throw certificateNotFound(certificateId);
    if ((await hastenValidations(transaction, certificateId, nowMs - firstCheckMs)) > 0)
      await scheduleApplication(ports, transaction, certificate);
  });
  ports.jobs.wake();
}
