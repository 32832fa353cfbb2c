import type { Actor } from '../../iam/actor.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { ServiceError } from '../../platform/errors.ts';
import { findOrderOfId } from '../certificates/certificate-id-store.ts';
import type { SslCertificate } from '../certificates/certificate-store.ts';
import { loadCertificate, requireStatus } from '../certificates/load-certificate.ts';
import { removeWithBelongings } from '../certificates/remove-certificate.ts';
import { orderNotSettled, scmErrors } from '../errors.ts';
import { permissions } from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { newOrderId, type Order, type OrderItem, orderer } from './order.ts';
import { findOrder, insertOrder } from './order-store.ts';
import { productOf } from './product.ts';

type UnsubscribePorts = Pick<SslCertificatesPorts, 'database' | 'identity' | 'keyStore' | 'clock' | 'random'>;

/**
 * Gives certificates back that were bought and not applied for; all or none. Answers the id of the order that this is. Throws
 * AccessDenied, SCM.0094, SCM.0010, and SCM.0016 as 500 for one whose order is not paid: clients try that again.
 */
export async function unsubscribeCertificates(
  ports: UnsubscribePorts,
  actor: Actor,
  certificateIds: readonly string[],
): Promise<string> {
  const certificates: SslCertificate[] = [];
  for (const certificateId of new Set(certificateIds)) {
    const certificate = await loadUnlessUnpaid(ports, actor, certificateId);
    requireStatus('unsubscribeCertificate', certificate, ports.clock.nowMs());
    certificates.push(certificate);
  }
  return ports.database.transaction(async (transaction) => {
    for (const certificate of certificates) {
      await removeWithBelongings(ports, transaction, certificate);
      await ports.identity.recordAudit(transaction, actor, {
        action: permissions.unsubscribeCertificate.action,
        resourceType: 'cert',
        resourceId: certificate.certificate_id,
        resourceName: certificate.name,
        result: 'success',
      });
    }
    return recordUnsubscription(ports, transaction, actor, certificates);
  });
}

async function loadUnlessUnpaid(
  ports: UnsubscribePorts,
  actor: Actor,
  certificateId: string,
): Promise<SslCertificate> {
  const { database } = ports;
  try {
    return await loadCertificate(ports, actor, 'unsubscribeCertificate', certificateId);
  } catch (error) {
    if (!(error instanceof ServiceError && error.code === scmErrors['SCM.0094'].code)) throw error;
    const orderId = await findOrderOfId(database, actor.accountId, certificateId);
    const order = orderId && (await findOrder(database, actor.accountId, orderId));
    if (!order || order.paidMs !== undefined) throw error;
    throw orderNotSettled(`Order ${orderId} of ${certificateId} is not paid yet.`);
  }
}

async function recordUnsubscription(
  { random, clock }: UnsubscribePorts,
  transaction: Transaction,
  actor: Actor,
  certificates: readonly SslCertificate[],
): Promise<string> {
  const nowMs = clock.nowMs();
  for (;;) {
    const order: Order = {
      orderId: newOrderId(random, nowMs),
      accountId: actor.accountId,
      createdMs: nowMs,
      paidMs: nowMs,
      kind: 'unsubscription',
      orderer: orderer(actor),
      items: certificates.map(itemOf),
    };
    if (await insertOrder(transaction, order)) return order.orderId;
  }
}

/** What is PAID was bought, so it has what an order says. */
function itemOf(certificate: SslCertificate): OrderItem {
  return {
    product: productOf(certificate),
    enterpriseProjectId: certificate.enterprise_project_id,
    tags: [],
    certificateIds: [certificate.certificate_id],
  };
}
