import type { Actor } from '../../iam/actor.ts';
import type { Api } from '../../platform/http/index.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import * as schemas from './order-schemas.ts';
import { purchaseCertificate } from './purchase-certificate.ts';
import { unsubscribeCertificates } from './unsubscribe-certificate.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by authentication. */
    actor: Actor;
  }
}

const tags = ['Certificate orders'];

/** Reference 4.1.2, and the operation of the client library that gives a certificate back. */
export function orderRoutes(ports: SslCertificatesPorts): (api: Api) => void {
  return (api) => {
    api.post(
      '/v3/scm/certificates/buy',
      {
        schema: {
          operationId: 'purchaseCertificate',
          tags,
          summary: 'Purchase SSL certificates',
          body: schemas.purchaseBody,
          response: { 200: schemas.purchaseResponse },
        },
      },
      async ({ actor, body }) => {
        const { orderId, certificateIds } = await purchaseCertificate(ports, actor, body);
        return { order_id: orderId, cert: certificateIds.map((id) => ({ cert_id: id })) };
      },
    );
    api.delete(
      '/v3/scm/certificates/:cert_id/unsubscribe',
      {
        schema: {
          operationId: 'unsubscribeCertificate',
          tags,
          summary: 'Give a certificate back that was not applied for',
          params: schemas.unsubscribeParams,
          response: { 200: schemas.unsubscribeResponse },
        },
      },
      async ({ actor, params: { cert_id: id } }) => {
        await unsubscribeCertificates(ports, actor, [id]);
        return { unsubscribe_results: 'SUCCESS' };
      },
    );
  };
}
