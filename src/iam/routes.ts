import type { FastifyInstance } from 'fastify';
import { type Api, type ApiOptions, registerApi } from '../platform/http/index.ts';
import { accessKeyRoutes } from './access-keys/routes.ts';
import { accountRoutes } from './accounts/routes.ts';
import { agencyRoutes } from './agencies/routes.ts';
import { approvalRoutes } from './approvals/routes.ts';
import { recordForbidden } from './audit/record-forbidden.ts';
import { auditRoutes } from './audit/routes.ts';
import type { IamContext } from './context.ts';
import { operationProtectionRoutes } from './critical-operations/routes.ts';
import { enterpriseProjectRoutes } from './enterprise-projects/routes.ts';
import { iamAccessDenied, invalidIamField, unknownIamError } from './errors.ts';
import { federatedLoginRoutes, federationRoutes } from './federation/routes.ts';
import { groupRoutes } from './groups/routes.ts';
import { limitRoutes } from './limits/routes.ts';
import { policyRoutes } from './policies/routes.ts';
import { projectRoutes } from './projects/routes.ts';
import { authenticationHook, iamTokenFault } from './request-authentication.ts';
import { assignmentRoutes } from './role-assignments/routes.ts';
import { passkeyLoginRoutes } from './second-factor/passkeys/passkey-routes.ts';
import { secondFactorRoutes } from './second-factor/routes.ts';
import { securityPolicyRoutes } from './security-policies/routes.ts';
import { loginRoutes, tokenRoutes } from './tokens/routes.ts';
import { sessionRoutes } from './tokens/session-routes.ts';
import { fullUserRoutes } from './users/full-user-routes.ts';
import { userRoutes } from './users/routes.ts';
import { versionRoutes } from './version-routes.ts';

const authenticatedRoutes: readonly ((iam: IamContext, api: Api) => void)[] = [
  tokenRoutes,
  accountRoutes,
  projectRoutes,
  enterpriseProjectRoutes,
  userRoutes,
  fullUserRoutes,
  sessionRoutes,
  secondFactorRoutes,
  operationProtectionRoutes,
  groupRoutes,
  policyRoutes,
  assignmentRoutes,
  accessKeyRoutes,
  agencyRoutes,
  federationRoutes,
  securityPolicyRoutes,
  approvalRoutes,
  auditRoutes,
  limitRoutes,
];

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
    passkeyLoginRoutes(iam, api);
    federatedLoginRoutes(iam, api);
    versionRoutes(iam, api);
  });
  await registerApi(app, { ...options, authenticate: authenticationHook(iam, iamTokenFault) }, (api: Api) => {
    recordForbidden(iam, api);
    for (const routes of authenticatedRoutes) routes(iam, api);
  });
}
