import type { Actor } from '../../iam/actor.ts';
import { billingPermissions } from '../../private-ca/index.ts';
import { type CertificateSummary, countBought, listBought } from '../certificates/certificate-store.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import type { Order } from './order.ts';
import { findOrder } from './order-store.ts';
import { payOrder } from './pay-order.ts';
import { unsubscribeCertificates } from './unsubscribe-certificate.ts';

type OrderPorts = Pick<SslCertificatesPorts, 'database' | 'identity' | 'keyStore' | 'clock' | 'random'>;

export interface BoughtQuery {
  readonly certificateIds: readonly string[] | undefined;
  /** Those that an order bought, as far as they exist. */
  readonly orderId: string | undefined;
  readonly offset: number;
  readonly limit: number;
}

/** Orders of certificates, for who translates them. All throw AccessDenied. */
export interface CertificateOrders {
  /** Undefined if the account has no such order. */
  find(actor: Actor, orderId: string): Promise<Order | undefined>;
  query(
    actor: Actor,
    query: BoughtQuery,
  ): Promise<{ readonly total: number; readonly certificates: readonly CertificateSummary[] }>;
  /** See `payOrder`. */
  pay(actor: Actor, orderId: string): ReturnType<typeof payOrder>;
  /** See `unsubscribeCertificates`. */
  unsubscribe(actor: Actor, certificateIds: readonly string[]): Promise<string>;
}

export function createCertificateOrders(ports: OrderPorts): CertificateOrders {
  const { database, identity } = ports;
  return {
    async find(actor, orderId) {
      await identity.authorize(actor, billingPermissions.viewOrders);
      return findOrder(database, actor.accountId, orderId);
    },
    async query(actor, { offset, limit, ...query }) {
      await identity.authorize(actor, billingPermissions.viewOrders);
      const filter = { ...query, accountId: actor.accountId };
      const total = await countBought(database, filter);
      const certificates = limit === 0 ? [] : await listBought(database, filter, { offset, limit });
      return { total, certificates };
    },
    pay: (actor, orderId) => payOrder(ports, actor, orderId),
    async unsubscribe(actor, certificateIds) {
      await identity.authorize(actor, billingPermissions.unsubscribe);
      return unsubscribeCertificates(ports, actor, certificateIds);
    },
  };
}
