import { ServiceError } from '../../platform/errors.ts';
import { firstEnd } from '../../private-ca/index.ts';
import type {
  CertificateOrder,
  CertificateOrders,
  CertificateSummary,
} from '../../ssl-certificates/index.ts';
import { NotUnsubscribable, type OrderLine, type OrderSource } from './order-source.ts';

const months = 2;
const years = 3;

/** The end of what was bought at an instant for so many months. */
function endOf(fromMs: number, count: number): number {
  return firstEnd({ create_time: fromMs, period_type: months, period_num: count });
}

/** SSL certificates. They cost nothing here. */
export function certificateSource(orders: CertificateOrders): OrderSource {
  return {
    serviceType: 'hws.service.type.scm',
    resourceType: 'hws.resource.type.scm',
    spec: 'scm.certificate',
    names: (resourceId) => /^scs[0-9]{13}$/.test(resourceId),
    async find(actor, orderId) {
      const order = await orders.find(actor, orderId);
      if (order === undefined) return undefined;
      const { accountId, kind, createdMs, paidMs, orderer } = order;
      const lines = order.items.map((item) => lineOf(order, item));
      return { orderId, accountId, kind, createdMs, paidMs, orderer, amountCents: 0, currency: 'CNY', lines };
    },
    async query(actor, { resourceIds: certificateIds, orderId, isFrozen, offset, limit }) {
      // None is ever frozen; who may look is asked nevertheless.
      const wanted = isFrozen === true ? [] : certificateIds;
      const query = { certificateIds: wanted, orderId, offset, limit };
      const { total, certificates } = await orders.query(actor, query);
      return { total, resources: certificates.map(resourceOf) };
    },
    async pay(actor, orderId) {
      try {
        return await orders.pay(actor, orderId);
      } catch (error) {
        if (hasCode(error, 'SCM.0011')) return 'no quota';
        throw error;
      }
    },
    async unsubscribe(actor, resourceIds) {
      try {
        return await orders.unsubscribe(actor, resourceIds);
      } catch (error) {
        // Not there; applied for already; not paid yet.
        if (!hasCode(error, 'SCM.0094', 'SCM.0010', 'SCM.0016')) throw error;
        throw new NotUnsubscribable(error.message, { cause: error });
      }
    },
  };
}

function hasCode(error: unknown, ...codes: readonly string[]): error is ServiceError {
  return error instanceof ServiceError && codes.includes(error.code);
}

function lineOf(
  order: CertificateOrder,
  { product, certificateIds }: CertificateOrder['items'][number],
): OrderLine {
  const isPurchase = order.kind === 'purchase';
  const { validity_months: each, remaining_count: further, brand, type } = product;
  const whole = each * (further + 1);
  const fromMs = isPurchase ? order.paidMs : undefined;
  return {
    spec: `${brand} ${type}`,
    periodType: whole % 12 === 0 ? years : months,
    periodCount: whole % 12 === 0 ? whole / 12 : whole,
    count: certificateIds.length,
    fromMs,
    untilMs: fromMs === undefined ? undefined : endOf(fromMs, whole),
  };
}

function resourceOf(certificate: CertificateSummary) {
  const { certificate_id: resourceId, name, created_at: fromMs, not_after: notAfterMs } = certificate;
  const untilMs = notAfterMs === 0 ? endOf(fromMs, certificate.validity_months ?? 0) : notAfterMs;
  return { resourceId, name, isFrozen: false, isAutoRenewed: false, fromMs, untilMs };
}
