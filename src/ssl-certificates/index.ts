import type { JobHandler } from '../jobs/index.ts';
import type { ApiPlugin } from '../platform/http/index.ts';
import { csrRoutes } from './csrs/routes.ts';
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
}

/** SSL certificates: bought, applied for, issued, imported, deployed, renewed. */
export function createSslCertificates(ports: SslCertificatesPorts): SslCertificates {
  const plugins: readonly ((ports: SslCertificatesPorts) => ApiPlugin)[] = [csrRoutes, tagRoutes];
  return {
    routes: (api) => {
      for (const plugin of plugins) plugin(ports)(api);
    },
    jobHandlers: {},
  };
}
