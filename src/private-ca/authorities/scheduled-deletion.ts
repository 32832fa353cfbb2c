import type { NewJob } from '../../jobs/index.ts';
import type { CertificateAuthority } from '../ca.ts';
import { endSubscription } from '../orders/subscription.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { deleteShares } from '../sharing/share-store.ts';
import { deleteAllTags } from '../tags/tag-store.ts';
import { findAuthority, updateAuthority } from './authority-store.ts';
import { recordAuthorityAudit } from './change-authority.ts';

export const scheduledDeletionKind = 'pca:ca:delete';

/** One per CA: deleted again after it was restored, the CA has its latest date only. */
export function scheduledDeletion(ca: CertificateAuthority, dueMs: number): NewJob {
  return { kind: scheduledDeletionKind, key: ca.ca_id, dueMs, accountId: ca.account_id };
}

/**
 * Destroys the CA's key and gives its place in the quota back. The row stays, unseen, for the chains of what the CA issued. Does
 * nothing if the CA was restored, is due later, or is gone: it may run any number of times.
 */
export async function carryOutDeletion(
  ports: PrivateCaPorts,
  job: Pick<NewJob, 'accountId' | 'key'>,
): Promise<void> {
  const { clock, database, identity, keyStore, quotas } = ports;
  const actor = identity.systemActor(job.accountId, scheduledDeletionKind);
  await database.transaction(async (transaction) => {
    const ca = await findAuthority(transaction, job.accountId, job.key);
    if (ca?.status !== 'DELETED' || ca.delete_time === null || ca.delete_time > clock.nowMs()) return;
    const purged = { status: 'PURGED', listed: 0, key_id: null } as const;
    if (!(await updateAuthority(transaction, ca, purged))) return;
    if (ca.key_id !== null) {
      await keyStore.destroy(transaction, { accountId: ca.account_id, purpose: 'pca' }, ca.key_id);
    }
    await deleteAllTags(transaction, ca.ca_id);
    await deleteShares(transaction, ca.ca_id);
    await endSubscription(ports, transaction, ca.ca_id);
    if (ca.listed === 1) await quotas.release(transaction, ca.account_id, 'CERTIFICATE_AUTHORITY');
    await recordAuthorityAudit(ports, transaction, actor, 'deleteAuthority', ca, 'deletion carried out');
  });
}
