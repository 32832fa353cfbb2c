import type { Actor } from '../../iam/actor.ts';
import { isRevokedForGood, requireAllowed } from '../ca.ts';
import { pcaError } from '../errors.ts';
import { setRevocation } from '../issued-serial-store.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { changeAuthority } from './change-authority.ts';
import { loadAuthority } from './load-authority.ts';

/**
 * DISABLED to ACTIVED. A CA that was revoked stays disabled, unless it is on hold (RFC 5280 §5.3.1: a hold may be released):
 * enabling it lifts the hold.
 */
export async function enableAuthority(ports: PrivateCaPorts, actor: Actor, caId: string): Promise<void> {
  const ca = await loadAuthority(ports, actor, 'enableAuthority', caId);
  requireAllowed('enable', ca, ports.clock.nowMs());
  if (isRevokedForGood(ca)) throw pcaError('PCA.00030201', 'The CA was revoked and cannot be enabled again.');
  await ports.database.transaction(async (transaction) => {
    await changeAuthority(ports, transaction, actor, 'enableAuthority', ca, {
      status: 'ACTIVED',
      revoked_at: null,
      revocation_reason: null,
    });
    if (ca.revoked_at !== null && ca.issuer_id !== null && ca.serial_number !== null) {
      await setRevocation(transaction, ca.issuer_id, [ca.serial_number], null);
      const change = { issuerId: ca.issuer_id, serialNumbers: [ca.serial_number] };
      await ports.revocation?.statusChanged(transaction, change);
    }
  });
  ports.revocation?.committed();
}
