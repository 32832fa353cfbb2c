import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { badRequest } from '../errors.ts';
import { authenticateCaller } from '../request-authentication.ts';
import { assertionSchema } from '../second-factor/passkeys/passkey-schemas.ts';
import { recoveryCode, totpCode } from '../second-factor/schemas.ts';
import { createTemporaryKey } from './create-temporary-key.ts';
import { createToken } from './create-token.ts';
import type { RequestOrigin } from './request-origin.ts';
import { revokeToken, validateToken } from './validate-token.ts';

const text = Type.String({ maxLength: 256 });
/** Anybody may send these, and none needs a tenth of it. */
const loginLimits = { bodyLimitBytes: 16_384, mostJsonElements: 1_000 };
const tokenText = Type.String({ maxLength: 8_192 });
const named = Type.Object({ id: Type.Optional(text), name: Type.Optional(text) });
const agency = {
  domain_id: Type.Optional(text),
  domain_name: Type.Optional(text),
  agency_name: Type.Optional(text),
  xrole_name: Type.Optional(text),
};
const method = Type.Union([
  Type.Literal('password'),
  Type.Literal('totp'),
  Type.Literal('passkey'),
  Type.Literal('recovery-code'),
  Type.Literal('token'),
  Type.Literal('assume_role'),
]);

/** The scope of a token, shared with the login by id token. */
export const scopeSchema = Type.Object({
  project: Type.Optional(
    Type.Object({ id: Type.Optional(text), name: Type.Optional(text), domain: Type.Optional(named) }),
  ),
  domain: Type.Optional(named),
});

const tokenRequest = Type.Object({
  auth: Type.Object({
    identity: Type.Object({
      methods: Type.Array(method, { minItems: 1 }),
      password: Type.Optional(
        Type.Object({
          user: Type.Object({
            id: Type.Optional(text),
            name: Type.Optional(text),
            password: Type.String({ maxLength: 1024 }),
            domain: Type.Optional(named),
          }),
        }),
      ),
      totp: Type.Optional(Type.Object({ user: Type.Object({ id: text, passcode: totpCode }) })),
      passkey: Type.Optional(Type.Object({ response: assertionSchema })),
      recovery_code: Type.Optional(Type.Object({ code: recoveryCode })),
      token: Type.Optional(Type.Object({ id: tokenText })),
      assume_role: Type.Optional(Type.Object(agency)),
    }),
    scope: Type.Optional(scopeSchema),
  }),
});

const duration = { duration_seconds: Type.Optional(Type.Integer()) };
const temporaryKeyRequest = Type.Object({
  auth: Type.Object({
    identity: Type.Object({
      methods: Type.Array(Type.String(), { minItems: 1 }),
      token: Type.Optional(Type.Object({ id: Type.Optional(tokenText), ...duration })),
      assume_role: Type.Optional(Type.Object({ ...agency, ...duration })),
      policy: Type.Optional(Type.Unknown()),
    }),
  }),
});

const catalogQuery = Type.Object({ nocatalog: Type.Optional(Type.String()) });

export function originOf(request: FastifyRequest): RequestOrigin {
  return { sourceIp: request.ip, requestId: request.id };
}

/** What is done to get credentials, and so without any. */
export function loginRoutes(iam: IamContext, api: Api): void {
  api.post(
    '/v3/auth/tokens',
    {
      config: loginLimits,
      schema: { operationId: 'createToken', tags: ['iam'], body: tokenRequest, querystring: catalogQuery },
    },
    async (request, reply) => {
      const options = { withCatalog: request.query.nocatalog === undefined };
      const caller = () => authenticateCaller(iam, request);
      const { token, body } = await createToken(iam, request.body.auth, originOf(request), caller, options);
      return reply.code(201).header('x-subject-token', token).send(body);
    },
  );
  api.post(
    '/v3.0/OS-CREDENTIAL/securitytokens',
    {
      config: loginLimits,
      schema: { operationId: 'createTemporaryAccessKeyByToken', tags: ['iam'], body: temporaryKeyRequest },
    },
    async (request, reply) => {
      const token = request.headers['x-auth-token'];
      const callerToken = typeof token === 'string' ? token : undefined;
      const caller = () => authenticateCaller(iam, request);
      const answer = await createTemporaryKey(iam, request.body.auth, originOf(request), callerToken, caller);
      return reply.code(201).send(answer);
    },
  );
}

export function tokenRoutes(iam: IamContext, api: Api): void {
  const validate = async (
    request: FastifyRequest<{ Querystring: { nocatalog?: string } }>,
    reply: FastifyReply,
  ): Promise<object> => {
    const subject = subjectToken(request);
    const body = await validateToken(iam, request.actor, subject, {
      withCatalog: request.query.nocatalog === undefined,
    });
    reply.header('x-subject-token', subject);
    return body;
  };
  const schema = { tags: ['iam'], querystring: catalogQuery };
  api.get('/v3/auth/tokens', { schema: { ...schema, operationId: 'validateToken' } }, validate);
  api.head(
    '/v3/auth/tokens',
    { schema: { ...schema, operationId: 'checkToken' } },
    async (request, reply) => {
      await validate(request, reply);
      return reply.send();
    },
  );
  api.delete(
    '/v3/auth/tokens',
    { schema: { operationId: 'revokeToken', tags: ['iam'] } },
    async (request, reply) => {
      await revokeToken(iam, request.actor, subjectToken(request));
      return reply.code(204).send();
    },
  );
}

function subjectToken(request: FastifyRequest): string {
  const token = request.headers['x-subject-token'];
  if (typeof token !== 'string' || token === '') throw badRequest('The header X-Subject-Token is mandatory.');
  return token;
}
