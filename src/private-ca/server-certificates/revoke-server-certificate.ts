import type { CrlReason } from '../../pki/index.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { findSerials, setRevocation } from '../issued-serial-store.ts';
import { permissions } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { RevocationReason } from '../request-fields.ts';
import type { IssuedServerCertificate } from './issue-server-certificate.ts';

/** RFC 5280 §5.3.1, as this capability stores them. */
const storedReasons: Readonly<Partial<Record<CrlReason, RevocationReason>>> = {
  keyCompromise: 'KEY_COMPROMISE',
  cACompromise: 'CERTIFICATE_AUTHORITY_COMPROMISE',
  affiliationChanged: 'AFFILIATION_CHANGED',
  superseded: 'SUPERSEDED',
  cessationOfOperation: 'CESSATION_OF_OPERATION',
  certificateHold: 'CERTIFICATE_HOLD',
  privilegeWithdrawn: 'PRIVILEGE_WITHDRAWN',
  aACompromise: 'ATTRIBUTE_AUTHORITY_COMPROMISE',
};

/** What of an issued certificate its revocation needs. */
export type RevocableServerCertificate = Pick<
  IssuedServerCertificate,
  'issuerAccountId' | 'issuerId' | 'serialNumbers'
>;

/**
 * Revokes in the caller's transaction: OCSP says so from its commit on. What is revoked already stays so, since then; only a hold
 * becomes for good. Throws if the CA never issued it.
 */
export async function revokeServerCertificate(
  ports: Pick<PrivateCaPorts, 'clock' | 'identity' | 'revocation'>,
  transaction: Transaction,
  { issuerAccountId, issuerId, serialNumbers }: RevocableServerCertificate,
  reason: string,
): Promise<void> {
  const known = await findSerials(transaction, issuerId, serialNumbers);
  if (known.length !== serialNumbers.length) throw new Error(`CA ${issuerId} did not issue ${serialNumbers}`);
  const stored = storedReasons[reason as CrlReason] ?? 'UNSPECIFIED';
  const held = known[0]?.revocation_reason === 'CERTIFICATE_HOLD' && stored !== 'CERTIFICATE_HOLD';
  const since = known[0]?.revoked_at ?? null;
  if (since !== null && !held) return;
  const revocation = { revoked_at: since ?? ports.clock.nowMs(), revocation_reason: stored };
  await setRevocation(transaction, issuerId, serialNumbers, revocation);
  await ports.revocation?.statusChanged(transaction, { issuerId, serialNumbers });
  await ports.identity.recordAudit(
    transaction,
    ports.identity.systemActor(issuerAccountId, 'ssl-certificates'),
    {
      action: permissions.revokeCertificate.action,
      resourceType: 'ca',
      resourceId: issuerId,
      result: 'success',
      detail: `serial number ${serialNumbers[0]}: ${stored}`,
    },
  );
}
