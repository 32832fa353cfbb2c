import type { Actor } from '../../iam/actor.ts';
import { findAuthorityOwner } from '../authorities/authority-store.ts';
import { pcaError } from '../errors.ts';
import { setRevocation } from '../issued-serial-store.ts';
import { accessRequest, caTarget } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { listTags } from '../tags/tag-store.ts';
import { type PrivateCertificate, requireAllowed } from './certificate.ts';
import { findCertificate, markRevoked } from './certificate-store.ts';

/**
 * Revokes a certificate, both of an SM2 pair. What is on hold can still be revoked for good, or a hold would protect a stolen
 * key; it stays revoked from when it was put on hold. Throws AccessDenied, PCA.00030102 and PCA.00030201.
 */
export async function revokeCertificate(
  ports: Pick<PrivateCaPorts, 'database' | 'clock' | 'identity' | 'revocation'>,
  actor: Actor,
  certificateId: string,
  reason: string,
): Promise<void> {
  const seen = await authorizedToRevoke(ports, actor, certificateId);
  const nowMs = ports.clock.nowMs();
  const liftsHold = seen.revocation_reason === 'CERTIFICATE_HOLD' && reason !== 'CERTIFICATE_HOLD';
  requireAllowed('revoke', liftsHold ? { ...seen, revoked_at: null } : seen, nowMs);
  const revocation = { revoked_at: seen.revoked_at ?? nowMs, revocation_reason: reason };
  const serialNumbers = serialNumbersOf(seen);
  await ports.database.transaction(async (transaction) => {
    if (!(await markRevoked(transaction, seen, revocation))) {
      throw pcaError('PCA.00030201', 'The certificate was deleted or revoked meanwhile.');
    }
    await setRevocation(transaction, seen.issuer_id, serialNumbers, revocation);
    await ports.revocation?.statusChanged(transaction, { issuerId: seen.issuer_id, serialNumbers });
    await ports.identity.recordAudit(transaction, actor, {
      action: accessRequest('revokeCertificate').action,
      resourceType: 'certificate',
      resourceId: seen.certificate_id,
      resourceName: seen.common_name,
      result: 'success',
      detail: reason,
    });
  });
  ports.revocation?.committed();
}

/** Both of an SM2 pair. */
export function serialNumbersOf(
  certificate: Pick<PrivateCertificate, 'serial_number' | 'enc_serial_number'>,
): readonly string[] {
  const { serial_number: own, enc_serial_number: encryption } = certificate;
  return encryption === null ? [own] : [own, encryption];
}

/** The permission is on the issuing CA (reference 4.2.2.9), so it can be given for some CAs only. */
export async function authorizedToRevoke(
  { database, identity }: Pick<PrivateCaPorts, 'database' | 'identity'>,
  actor: Actor,
  certificateId: string,
): Promise<PrivateCertificate> {
  const { accountId } = actor;
  const found = await findCertificate(database, accountId, certificateId);
  const ownerId = found && (await findAuthorityOwner(database, found.issuer_id));
  await identity.authorize(
    actor,
    accessRequest('revokeCertificate', {
      enterpriseProjectId: found?.enterprise_project_id,
      ...(found && {
        ...caTarget(accountId, found.issuer_id, ownerId),
        // Tags of a CA that another account shares are its owner's.
        resourceTags: ownerId === accountId ? await listTags(database, found.issuer_id) : [],
      }),
    }),
  );
  if (found === undefined) throw pcaError('PCA.00030102');
  return found;
}
