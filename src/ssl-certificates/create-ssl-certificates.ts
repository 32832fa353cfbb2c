import type { FastifyPluginAsync } from 'fastify';
import { type JobWork, waitsForNetwork } from '../jobs/index.ts';
import type { ApiPlugin } from '../platform/http/index.ts';
import { runApplication } from './applications/advance-application.ts';
import { applicationKind } from './applications/application-job.ts';
import type { IssuedHook } from './applications/application-ports.ts';
import { carryOutRevocation, revocationKind } from './applications/revoke-certificate.ts';
import { applicationRoutes } from './applications/routes.ts';
import { withdrawalKind, withdrawRecord } from './applications/withdraw-records.ts';
import { certificateRoutes } from './certificates/certificate-routes.ts';
import { csrRoutes } from './csrs/routes.ts';
import { deploymentRoutes, redeploymentHandlers, scheduleRedeployment } from './deployments/index.ts';
import { createProbeSweep, ensureProbeSweep, probeSweepJob } from './inventory/probe-sweep.ts';
import { inventoryRoutes } from './inventory/routes.ts';
import type { BuiltInRoot } from './issuers/built-in-hierarchy.ts';
import { createDelivery } from './notifications/deliver-notice.ts';
import { createExpirySweep, ensureExpirySweep, sweepJob } from './notifications/expiry-sweep.ts';
import { notificationRoutes } from './notifications/routes.ts';
import { deliveryKind, tell } from './notifications/tell.ts';
import { type CertificateOrders, createCertificateOrders } from './orders/certificate-orders.ts';
import { orderRoutes } from './orders/order-routes.ts';
import type { SslCertificatesPorts } from './ports.ts';
import { publicRoutes } from './public-routes.ts';
import { renewCertificate } from './renewal/renew-certificate.ts';
import { createRenewalSweep, ensureRenewalSweep, renewalSweepJob } from './renewal/renewal-sweep.ts';
import { renewalKind, scheduleRenewal } from './renewal/schedule-renewal.ts';
import { tagRoutes } from './tags/routes.ts';

export interface SslCertificates {
  /** The API of reference 4.1, and its extensions. */
  readonly routes: ApiPlugin;
  /** What was bought, for the billing service's calls. */
  readonly orders: CertificateOrders;
  /** What people and relying parties reach without authentication, on every listener. */
  readonly publicRoutes: FastifyPluginAsync;
  /** What time starts here, by kind: to be given to `jobs.handle` before the jobs start. */
  readonly jobHandlers: Readonly<Record<string, JobWork>>;
  /** Makes sure of what goes on without end, such as looking what expires: before the jobs start, at every start. */
  ensureJobs(): Promise<void>;
}

/** What else happens in the transaction in which a certificate becomes ISSUED. */
const issuedHooks: readonly IssuedHook[] = [
  (ports, transaction, { account_id: accountId, certificate_id: certificateId }) =>
    scheduleRedeployment(ports, transaction, { accountId, certificateId }),
  scheduleRenewal,
  (ports, transaction, certificate) => tell(ports, transaction, certificate, { kind: 'CERT_ISSUED' }),
];

/** SSL certificates: bought, applied for, issued, imported, deployed, renewed. */
export function createSslCertificates(
  ports: SslCertificatesPorts,
  roots: () => Promise<readonly BuiltInRoot[]> = async () => [],
): SslCertificates {
  const plugins: readonly ((ports: SslCertificatesPorts) => ApiPlugin)[] = [
    certificateRoutes,
    orderRoutes,
    applicationRoutes,
    csrRoutes,
    deploymentRoutes,
    tagRoutes,
    notificationRoutes,
    inventoryRoutes,
  ];
  return {
    routes: (api) => {
      for (const plugin of plugins) plugin(ports)(api);
    },
    orders: createCertificateOrders(ports),
    publicRoutes: publicRoutes(ports, roots),
    jobHandlers: {
      [applicationKind]: waitsForNetwork((job) => runApplication(ports, issuedHooks, job)),
      ...redeploymentHandlers(ports),
      [withdrawalKind]: waitsForNetwork((job) => withdrawRecord(ports, job)),
      [revocationKind]: waitsForNetwork((job) => carryOutRevocation(ports, job)),
      [deliveryKind]: waitsForNetwork(createDelivery(ports)),
      [sweepJob.kind]: createExpirySweep(ports),
      [renewalKind]: waitsForNetwork((job) => renewCertificate(ports, job)),
      [renewalSweepJob.kind]: createRenewalSweep(ports),
      [probeSweepJob.kind]: waitsForNetwork(createProbeSweep(ports)),
    },
    ensureJobs: () =>
      ports.database.transaction(async (transaction) => {
        await ensureExpirySweep(ports, transaction);
        await ensureRenewalSweep(ports, transaction);
        await ensureProbeSweep(ports, transaction);
      }),
  };
}
