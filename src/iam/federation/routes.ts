import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { badRequest } from '../errors.ts';
import { originOf, scopeSchema } from '../tokens/routes.ts';
import { loginWithIdToken } from './login-with-id-token.ts';
import { mappingRoutes, protocolRoutes } from './mapping-routes.ts';
import { oidcRoutes, providerRoutes } from './provider-routes.ts';

/** The login by id token, which is not authenticated otherwise. */
export function federatedLoginRoutes(iam: IamContext, api: Api): void {
  const body = Type.Object({
    auth: Type.Object({
      id_token: Type.Object({ id: Type.String({ maxLength: 32_768 }) }),
      scope: Type.Optional(scopeSchema),
    }),
  });
  api.post(
    '/v3.0/OS-AUTH/id-token/tokens',
    {
      config: { bodyLimitBytes: 49_152, mostJsonElements: 1_000 },
      schema: { operationId: 'createUnscopedTokenByIdToken', tags: ['iam'], body },
    },
    async (request, reply) => {
      const providerId = request.headers['x-idp-id'];
      if (typeof providerId !== 'string') throw badRequest('The header X-Idp-Id is mandatory.');
      const { id_token, scope } = request.body.auth;
      const login = { providerId, idToken: id_token.id, scope };
      const { token, body: answer } = await loginWithIdToken(iam, login, originOf(request));
      return reply.code(201).header('x-subject-token', token).send(answer);
    },
  );
}

export function federationRoutes(iam: IamContext, api: Api): void {
  providerRoutes(iam, api);
  oidcRoutes(iam, api);
  mappingRoutes(iam, api);
  protocolRoutes(iam, api);
}
