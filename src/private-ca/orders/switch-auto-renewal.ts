import type { Actor } from '../../iam/actor.ts';
import { changedMeanwhile } from '../authorities/change-authority.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { billingPermissions } from './billing-permissions.ts';
import { loadSubscribed } from './renew-subscriptions.ts';
import { updateSubscription } from './subscription-store.ts';

/** Nothing changes if it is so already. Throws `NotSubscribed`. */
export async function switchAutoRenewal(
  ports: Pick<PrivateCaPorts, 'database' | 'identity'>,
  actor: Actor,
  caId: string,
  isOn: boolean,
): Promise<void> {
  await ports.identity.authorize(actor, billingPermissions.renew);
  const [subscribed] = await loadSubscribed(ports, actor.accountId, [caId]);
  const { ca, subscription } = subscribed!;
  await ports.database.transaction(async (transaction) => {
    const changes = { is_auto_renew: isOn ? 1 : 0 };
    if (!(await updateSubscription(transaction, subscription, changes))) throw changedMeanwhile();
    await ports.identity.recordAudit(transaction, actor, {
      action: billingPermissions.renew.action,
      resourceType: 'ca',
      resourceId: ca.ca_id,
      resourceName: ca.common_name,
      result: 'success',
      detail: `automatic renewal ${isOn ? 'on' : 'off'}`,
    });
  });
}
