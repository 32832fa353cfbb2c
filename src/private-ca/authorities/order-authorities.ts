import type { Actor } from '../../iam/actor.ts';
import {
  defaultEnterpriseProject,
  namedEnterpriseProject,
  requireEnterpriseProject,
} from '../enterprise-project.ts';
import { accessRequest } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { CreateOrderBody } from './authority-schemas.ts';
import { insertAuthorities, insertOrder } from './authority-store.ts';
import { recordAuthorityAudit } from './change-authority.ts';
import { newAuthority } from './new-authority.ts';

export interface AuthorityOrder {
  readonly orderId: string;
  readonly caIds: readonly string[];
}

/** Purchases yearly/monthly CAs, for nothing: they are PENDING, take their places in the quota, and lack all information. */
export async function orderAuthorities(
  ports: PrivateCaPorts,
  actor: Actor,
  body: CreateOrderBody,
): Promise<AuthorityOrder> {
  const { clock, database, identity, quotas, random } = ports;
  const { accountId } = actor;
  const enterpriseProjectId = namedEnterpriseProject(body.enterprise_project_id) ?? defaultEnterpriseProject;
  await identity.authorize(actor, accessRequest('createAuthority', { enterpriseProjectId }));
  await requireEnterpriseProject(identity, accountId, enterpriseProjectId);
  const common = {
    account_id: accountId,
    create_time: clock.nowMs(),
    enterprise_project_id: enterpriseProjectId,
  };
  const orderId = newOrderId(ports);
  const authorities = Array.from({ length: body.subscription_num }, () => ({
    ...newAuthority({ ...common, ca_id: random.uuid(), charging_mode: body.charging_mode }),
    order_id: orderId,
  }));
  await database.transaction(async (transaction) => {
    await quotas.take(transaction, accountId, 'CERTIFICATE_AUTHORITY', authorities.length);
    await insertOrder(transaction, {
      ...common,
      order_id: orderId,
      period_type: body.period_type,
      period_num: body.period_num,
      is_auto_renew: body.is_auto_renew,
      subscription_num: body.subscription_num,
    });
    await insertAuthorities(transaction, authorities);
    for (const ca of authorities) {
      await recordAuthorityAudit(ports, transaction, actor, 'createAuthority', ca, `order ${orderId}`);
    }
  });
  return { orderId, caIds: authorities.map((ca) => ca.ca_id) };
}

/** In the form of the reference's example, CS1803192259ROA8U: CS, yyMMddHHmm, a random rest. */
function newOrderId({ clock, random }: Pick<PrivateCaPorts, 'clock' | 'random'>): string {
  const minute = new Date(clock.nowMs()).toISOString().replace(/\D/g, '').slice(2, 12);
  const rest = BigInt(`0x${Buffer.from(random.bytes(8)).toString('hex')}`).toString(36);
  return `CS${minute}${rest.toUpperCase().padStart(13, '0')}`;
}
