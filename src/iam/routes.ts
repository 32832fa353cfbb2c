import type { FastifyInstance } from 'fastify';
import { type Api, type ApiOptions, registerApi } from '../platform/http/index.ts';
import { accountRoutes } from './accounts/routes.ts';
import { auditRoutes } from './audit/routes.ts';
import type { IamContext } from './context.ts';
import { iamAccessDenied, invalidIamField, unknownIamError } from './errors.ts';
import { projectRoutes } from './projects/routes.ts';
import { authenticationHook, iamTokenFault } from './request-authentication.ts';
import { loginRoutes, tokenRoutes } from './tokens/routes.ts';
import { versionRoutes } from './version-routes.ts';

/** Every route of identity, those without authentication in a context of their own. */
export async function registerIamRoutes(app: FastifyInstance, iam: IamContext): Promise<void> {
  const options: ApiOptions = {
    dialect: 'iam',
    accessDenied: iamAccessDenied,
    unknownError: unknownIamError,
    invalid: invalidIamField,
    log: iam.log,
  };
  // The vendor's clients quote this header in their errors.
  app.addHook('onRequest', (request, reply, done) => {
    if (/^\/v(3|3\.0|5)(\/|-|$)/.test(request.url)) reply.header('x-iam-trace-id', request.id);
    done();
  });
  await registerApi(app, options, (api: Api) => {
    loginRoutes(iam, api);
    versionRoutes(iam, api);
  });
  await registerApi(app, { ...options, authenticate: authenticationHook(iam, iamTokenFault) }, (api: Api) => {
    for (const routes of [tokenRoutes, accountRoutes, projectRoutes, auditRoutes]) routes(iam, api);
  });
}
