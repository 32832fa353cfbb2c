import type { NewJob } from '../../jobs/index.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { CertificateAuthority } from '../ca.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { AuthoritySubscriptionTable } from '../tables.ts';
import { addPeriod, type Period } from './period.ts';
import { deleteSubscription, findSubscription } from './subscription-store.ts';

/** A subscription as it is stored. */
export type Subscription = AuthoritySubscriptionTable;

export const subscriptionEndKind = 'pca:subscription:end';

/** One per CA: renewed, it has its latest end only. */
export function subscriptionEnd({
  ca_id,
  account_id,
  expire_time,
}: Pick<Subscription, 'ca_id' | 'account_id' | 'expire_time'>): NewJob {
  return { kind: subscriptionEndKind, key: ca_id, dueMs: expire_time, accountId: account_id };
}

/** The account has no subscription for a CA of this id: there never was one, or it has ended. */
export class NotSubscribed extends Error {
  readonly resourceId: string;

  constructor(resourceId: string) {
    super(`there is no subscription for ${resourceId}`);
    this.name = 'NotSubscribed';
    this.resourceId = resourceId;
  }
}

/** The end after a renewal: time in which the CA was frozen is not counted. */
export function renewedEnd(
  { expire_time }: Pick<Subscription, 'expire_time'>,
  period: Period,
  nowMs: number,
) {
  return addPeriod(Math.max(expire_time, nowMs), period);
}

/** For whoever removes the CA. */
export async function endSubscription(
  { jobs }: Pick<PrivateCaPorts, 'jobs'>,
  transaction: Transaction,
  caId: string,
): Promise<void> {
  await deleteSubscription(transaction, caId);
  await jobs.cancel(transaction, subscriptionEndKind, caId);
}

/** For whoever brings back a CA whose subscription may have reached its end while it was being deleted. */
export async function resumeSubscription(
  { jobs }: Pick<PrivateCaPorts, 'jobs'>,
  transaction: Transaction,
  ca: Pick<CertificateAuthority, 'ca_id' | 'account_id'>,
): Promise<void> {
  const subscription = await findSubscription(transaction, ca.account_id, ca.ca_id);
  if (subscription !== undefined) await jobs.schedule(transaction, subscriptionEnd(subscription));
}
