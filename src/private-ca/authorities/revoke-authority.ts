import type { Actor } from '../../iam/actor.ts';
import { isRevokedForGood, requireAllowed } from '../ca.ts';
import { pcaError } from '../errors.ts';
import { setRevocation } from '../issued-serial-store.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { RevocationReason } from '../request-fields.ts';
import { changeAuthority } from './change-authority.ts';
import { loadAuthority } from './load-authority.ts';

/**
 * Revokes a subordinate CA. No status stands for that, so it becomes DISABLED: it cannot issue, and it can be deleted.
 * One on hold may be revoked again, for good. The issuer of an imported CA is outside: its own list is not ours to write, the
 * CA only stops here.
 */
export async function revokeAuthority(
  ports: PrivateCaPorts,
  actor: Actor,
  caId: string,
  reason: RevocationReason,
): Promise<void> {
  const ca = await loadAuthority(ports, actor, 'revokeAuthority', caId);
  if (ca.type === 'ROOT') {
    throw pcaError('PCA.00030201', 'Only a subordinate CA can be revoked: nobody stands above a root CA.');
  }
  requireAllowed('revoke', ca, ports.clock.nowMs());
  if (isRevokedForGood(ca)) throw pcaError('PCA.00030201', 'The CA is revoked already.');
  const revocation = { revoked_at: ports.clock.nowMs(), revocation_reason: reason };
  await ports.database.transaction(async (transaction) => {
    await changeAuthority(ports, transaction, actor, 'revokeAuthority', ca, {
      status: 'DISABLED',
      ...revocation,
    });
    if (ca.issuer_id !== null && ca.serial_number !== null) {
      await setRevocation(transaction, ca.issuer_id, [ca.serial_number], revocation);
      const change = { issuerId: ca.issuer_id, serialNumbers: [ca.serial_number] };
      await ports.revocation?.statusChanged(transaction, change);
    }
  });
  ports.revocation?.committed();
}
