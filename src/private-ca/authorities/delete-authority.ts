import type { Actor } from '../../iam/actor.ts';
import { type CertificateAuthority, requireAllowed } from '../ca.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { deleteAuthorityRow } from './authority-store.ts';
import { changeAuthority, changedMeanwhile, recordAuthorityAudit } from './change-authority.ts';
import { loadAuthority } from './load-authority.ts';
import { scheduledDeletion } from './scheduled-deletion.ts';

const dayMs = 86_400_000;

/** A PENDING CA goes at once, with its key; a DISABLED one becomes DELETED and goes after `pendingDays`. */
export async function deleteAuthority(
  ports: PrivateCaPorts,
  actor: Actor,
  caId: string,
  pendingDays: number,
): Promise<void> {
  const ca = await loadAuthority(ports, actor, 'deleteAuthority', caId);
  const nowMs = ports.clock.nowMs();
  requireAllowed('delete', ca, nowMs);
  if (ca.status === 'PENDING') return deleteNow(ports, actor, ca);
  const dueMs = nowMs + pendingDays * dayMs;
  await ports.database.transaction(async (transaction) => {
    await changeAuthority(ports, transaction, actor, 'deleteAuthority', ca, {
      status: 'DELETED',
      delete_time: dueMs,
    });
    await ports.jobs.schedule(transaction, scheduledDeletion(ca, dueMs));
  });
}

/** It never had a certificate, so nothing refers to it and no row need remain. */
async function deleteNow(ports: PrivateCaPorts, actor: Actor, ca: CertificateAuthority): Promise<void> {
  const { database, keyStore, quotas } = ports;
  await database.transaction(async (transaction) => {
    if (!(await deleteAuthorityRow(transaction, ca))) throw changedMeanwhile();
    if (ca.key_id !== null) {
      await keyStore.destroy(transaction, { accountId: ca.account_id, purpose: 'pca' }, ca.key_id);
    }
    await quotas.release(transaction, ca.account_id, 'CERTIFICATE_AUTHORITY');
    await recordAuthorityAudit(ports, transaction, actor, 'deleteAuthority', ca);
  });
}
