import type { JobHandler } from '../jobs/index.ts';
import type { ApiPlugin } from '../platform/http/index.ts';
import { csrRoutes } from './csrs/routes.ts';
import { createDelivery } from './notifications/deliver-notice.ts';
import { createExpirySweep, ensureExpirySweep, sweepJob } from './notifications/expiry-sweep.ts';
import { notificationRoutes } from './notifications/routes.ts';
import { deliveryKind } from './notifications/tell.ts';
import type { SslCertificatesPorts } from './ports.ts';
import { tagRoutes } from './tags/routes.ts';

/** How this service words what the platform and identity find: for `registerApi`. */
export { apiErrors } from './api-errors.ts';
/** What the file of the configuration says. */
export { readSslConfiguration, type SslConfiguration } from './configuration.ts';
/** The tables of this capability. */
export { migrations } from './migrations.ts';
export type { SslCertificatesPorts } from './ports.ts';

export interface SslCertificates {
  /** The API of reference 4.1, and its extensions. */
  readonly routes: ApiPlugin;
  /** What time starts here, by kind: to be given to `jobs.handle` before the jobs start. */
  readonly jobHandlers: Readonly<Record<string, JobHandler>>;
  /** Makes sure of what goes on without end, such as looking what expires: before the jobs start, at every start. */
  ensureJobs(): Promise<void>;
}

/** SSL certificates: bought, applied for, issued, imported, deployed, renewed. */
export function createSslCertificates(ports: SslCertificatesPorts): SslCertificates {
  const plugins: readonly ((ports: SslCertificatesPorts) => ApiPlugin)[] = [
    csrRoutes,
    tagRoutes,
    notificationRoutes,
  ];
  return {
    routes: (api) => {
      for (const plugin of plugins) plugin(ports)(api);
    },
    jobHandlers: {
      [deliveryKind]: createDelivery(ports),
      [sweepJob.kind]: createExpirySweep(ports),
    },
    ensureJobs: () => ports.database.transaction((transaction) => ensureExpirySweep(ports, transaction)),
  };
}
