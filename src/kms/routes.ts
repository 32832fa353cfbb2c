import type { Api } from '../platform/http/index.ts';
import { accessPointRoutes } from './access-points/routes.ts';
import { aliasRoutes } from './aliases/routes.ts';
import { capsuleRoutes } from './capsules/routes.ts';
import type { KmsContext } from './context.ts';
import { cryptographyRoutes } from './cryptography/routes.ts';
import { dataKeyRoutes } from './data-keys/routes.ts';
import { grantRoutes } from './grants/routes.ts';
import { importRoutes } from './import/routes.ts';
import { keyLifecycleRoutes } from './key-lifecycle/routes.ts';
import { keyPolicyRoutes } from './key-policies/routes.ts';
import { keystoreRoutes } from './keystores/routes.ts';
import { queryRoutes } from './queries/routes.ts';
import { regionRoutes } from './regions/routes.ts';
import { checkProjects } from './request-caller.ts';
import { rotationRoutes } from './rotation/routes.ts';
import { tagRoutes } from './tags/routes.ts';

/** Every operation of the service, in a context of its own. */
export function kmsRoutes(context: KmsContext, api: Api): void {
  checkProjects(context, api);
  for (const routes of [
    keyLifecycleRoutes,
    queryRoutes,
    dataKeyRoutes,
    cryptographyRoutes,
    importRoutes,
    rotationRoutes,
    grantRoutes,
    tagRoutes,
    aliasRoutes,
    keystoreRoutes,
    keyPolicyRoutes,
    accessPointRoutes,
    capsuleRoutes,
    regionRoutes,
  ])
    routes(context, api);
}
