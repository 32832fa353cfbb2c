import type { Actor } from '../../iam/actor.ts';
import type { Job } from '../../jobs/index.ts';
import { changeCertificate, findCertificate } from '../certificates/certificate-store.ts';
import { loadCertificate, requireStatus } from '../certificates/load-certificate.ts';
import { scmError } from '../errors.ts';
import { permissions } from '../permissions.ts';
import type { ApplicationPorts } from './application-ports.ts';

/** Has the issuer revoke a certificate that is REVOKING; its key is the certificate's id. */
export const revocationKind = 'ssl:revocation';

/** RFC 5280 §5.3.1, those that CA/Browser Forum, Baseline Requirements §7.2.2 let subscribers give. */
const reasons = {
  UNSPECIFIED: 'unspecified',
  KEY_COMPROMISE: 'keyCompromise',
  AFFILIATION_CHANGED: 'affiliationChanged',
  SUPERSEDED: 'superseded',
  CESSATION_OF_OPERATION: 'cessationOfOperation',
  PRIVILEGE_WITHDRAWN: 'privilegeWithdrawn',
} as const;

type RevocationReason = keyof typeof reasons;

/**
 * ISSUED → REVOKING, and REVOKED once the issuer has done it. Throws AccessDenied, SCM.0005 (unknown reason), SCM.0010, SCM.0026 (nobody
 * here can revoke it), SCM.0027 (no reason), SCM.0094.
 */
export async function revokeCertificate(
  ports: ApplicationPorts,
  actor: Actor,
  certificateId: string,
  sentReason: string,
): Promise<void> {
  const seen = await loadCertificate(ports, actor, 'revokeCertificate', certificateId);
  const nowMs = ports.clock.nowMs();
  requireStatus('revokeCertificate', seen, nowMs);
  const reason = requireReason(sentReason);
  if (seen.issuer === null || !ports.issuers.named(seen.issuer))
    throw scmError('SCM.0026', 'Its issuer is not in the configuration of this installation.');
  await ports.database.transaction(async (transaction) => {
    const certificate = await changeCertificate(transaction, seen, {
      status: 'REVOKING',
      revoke_reason: reason,
      updated_at: nowMs,
    });
    const { account_id: accountId } = certificate;
    await ports.jobs.schedule(transaction, {
      kind: revocationKind,
      key: certificateId,
      accountId,
      dueMs: nowMs,
    });
    await ports.identity.recordAudit(transaction, actor, {
      action: permissions.revokeCertificate.action,
      resourceType: 'cert',
      resourceId: certificateId,
      resourceName: seen.name,
      result: 'success',
      detail: reason,
    });
  });
  ports.jobs.wake();
}

function requireReason(sent: string): RevocationReason {
  if (sent === '') throw scmError('SCM.0027', `reason must be one of ${Object.keys(reasons).join(', ')}.`);
  if (Object.hasOwn(reasons, sent)) return sent as RevocationReason;
  throw scmError('SCM.0005', `reason must be one of ${Object.keys(reasons).join(', ')}.`);
}

/** The handler of `ssl:revocation`. Throws what the issuer throws, and is then tried again. */
export async function carryOutRevocation(
  ports: ApplicationPorts,
  { accountId, key: certificateId }: Pick<Job, 'accountId' | 'key'>,
): Promise<void> {
  const seen = await findCertificate(ports.database, accountId, certificateId);
  if (seen?.status !== 'REVOKING') return;
  const issuer = ports.issuers.named(seen.issuer ?? '');
  if (!issuer) throw new Error(`the issuer ${seen.issuer} is not in the configuration any more`);
  const record = await issuer.revoke(
    { accountId, certificateDer: seen.certificate_der!, reference: seen.issuer_reference ?? '' },
    reasons[seen.revoke_reason as RevocationReason],
  );
  const nowMs = ports.clock.nowMs();
  await ports.database.transaction(async (transaction) => {
    await changeCertificate(transaction, seen, { status: 'REVOKED', revoked_at: nowMs, updated_at: nowMs });
    await record?.(transaction);
    await ports.identity.recordAudit(transaction, ports.identity.systemActor(accountId, 'ssl-revocation'), {
      action: permissions.revokeCertificate.action,
      resourceType: 'cert',
      resourceId: certificateId,
      resourceName: seen.name,
      result: 'success',
      detail: 'REVOKED',
    });
  });
}
