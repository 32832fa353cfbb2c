import type { Again, Job } from '../../jobs/index.ts';
import { findAuthority, updateAuthority } from '../authorities/authority-store.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { periodOf, recordRenewal } from './renew-subscriptions.ts';
import { findSubscription } from './subscription-store.ts';

/**
 * The job at the end of a subscription: renews it, or freezes the CA. Does nothing if it was renewed or ended meanwhile, or if its
 * CA is being deleted: it may run any number of times.
 */
export async function carryOutEnd(
  ports: PrivateCaPorts,
  job: Pick<Job, 'accountId' | 'key'>,
): Promise<Again | undefined> {
  const { clock, database, identity } = ports;
  const actor = identity.systemActor(job.accountId, 'end of a subscription');
  return database.transaction(async (transaction) => {
    const subscription = await findSubscription(transaction, job.accountId, job.key);
    const ca = subscription && (await findAuthority(transaction, job.accountId, job.key));
    if (!ca || ca.status === 'DELETED') return undefined;
    if (subscription.expire_time > clock.nowMs()) return { nextDueMs: subscription.expire_time };
    if (subscription.is_auto_renew === 1) {
      await recordRenewal(ports, transaction, actor, [{ ca, subscription }], periodOf(subscription));
      return undefined;
    }
    if (ca.freeze_flag !== 0 || !(await updateAuthority(transaction, ca, { freeze_flag: 1 })))
      return undefined;
    await identity.recordAudit(transaction, actor, {
      action: 'pca:ca:freeze',
      resourceType: 'ca',
      resourceId: ca.ca_id,
      resourceName: ca.common_name,
      result: 'success',
      detail: 'its subscription has ended',
    });
    return undefined;
  });
}
