import type { Transaction } from '../../platform/db/index.ts';
import { OutboundFailed, OutboundRefused } from '../../platform/outbound/index.ts';
import { changeCertificate, type SslCertificate } from '../certificates/certificate-store.ts';
import { foreignText } from '../foreign-text.ts';
import { tell } from '../notifications/tell.ts';
import { permissions } from '../permissions.ts';
import type { ApplicationPorts } from './application-ports.ts';
import { changeApplication, removeApplication, type StoredApplication } from './application-store.ts';
import { destroyApplicationKey } from './submit-application.ts';
import { removeValidations } from './validation-store.ts';
import { scheduleWithdrawals } from './withdraw-records.ts';

type EndPorts = Pick<
  ApplicationPorts,
  'clock' | 'random' | 'log' | 'jobs' | 'keyStore' | 'identity' | 'configuration' | 'mailer'
>;

/** Text of the column and of the audit trail; issuers may send pages. */
const longestReason = 1_000;

/** The reason of an application whose issuer was never reached. Where it is, and what its network says, is for the log. */
export function unreachedIssuer(
  { log }: Pick<ApplicationPorts, 'log'>,
  certificateId: string,
  error: unknown,
): string {
  log.warn({ error, certificateId }, 'an issuer could not be asked until the time was over');
  const isOfNetwork = error instanceof OutboundFailed || error instanceof OutboundRefused;
  const detail = error instanceof Error && !isOfNetwork ? `: ${error.message}` : '.';
  return `The issuer could not be asked until the time was over${detail}`;
}

/** → UNPASSED, with why. What the applicant sent stays, to be looked at; its key does not. */
export async function failApplication(
  ports: EndPorts,
  transaction: Transaction,
  seen: SslCertificate,
  application: StoredApplication,
  said: string,
): Promise<void> {
  const reason = foreignText(said, longestReason);
  const certificate = await changeCertificate(transaction, seen, {
    status: 'UNPASSED',
    failure_reason: reason,
    updated_at: ports.clock.nowMs(),
  });
  await destroyApplicationKey(ports, transaction, application);
  await changeApplication(transaction, certificate.certificate_id, { key_id: null });
  await scheduleWithdrawals(ports, transaction, certificate);
  await recordOutcome(ports, transaction, certificate, 'failed', reason);
  await tell(ports, transaction, certificate, {
    kind: 'APPLICATION_FAILED',
    attempt: certificate.version,
    reason,
  });
}

/** CANCELCHECKING → PAID, as if it had never been applied for. */
export async function forgetApplication(
  ports: EndPorts,
  transaction: Transaction,
  seen: SslCertificate,
  application: StoredApplication,
): Promise<void> {
  const certificate = await changeCertificate(transaction, seen, {
    status: 'PAID',
    domain: '',
    sans: '',
    updated_at: ports.clock.nowMs(),
  });
  await destroyApplicationKey(ports, transaction, application);
  await scheduleWithdrawals(ports, transaction, certificate);
  await removeValidations(transaction, certificate.certificate_id);
  await removeApplication(transaction, certificate.certificate_id);
  await recordOutcome(ports, transaction, certificate, 'success', 'the application was withdrawn');
}

/** What time did to an application, in the audit trail of the account. */
export function recordOutcome(
  { identity }: Pick<ApplicationPorts, 'identity'>,
  transaction: Transaction,
  certificate: SslCertificate,
  result: 'success' | 'failed',
  detail: string,
): Promise<void> {
  const actor = identity.systemActor(certificate.account_id, 'ssl-application');
  return identity.recordAudit(transaction, actor, {
    action: permissions.applyCertificate.action,
    resourceType: 'cert',
    resourceId: certificate.certificate_id,
    resourceName: certificate.name,
    result,
    detail: `${certificate.status}: ${detail}`.slice(0, longestReason),
  });
}
