import type { FastifyRequest } from 'fastify';
import type { Actor } from './actor.ts';
import type { Authentication, IncomingRequest, TokenFault } from './authentication/authenticator.ts';
import type { IamContext } from './context.ts';
import { unauthenticated } from './errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by authentication, before the body is parsed. */
    actor: Actor;
  }
}

/** The hook for `registerApi`: each service gives its own answer to a token's faults. */
export function authenticationHook(
  iam: IamContext,
  tokenFault: (fault: TokenFault) => Error,
): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const { actor } = await iam.authenticator.authenticate(incoming(request), tokenFault);
    request.actor = actor;
  };
}

/** For routes that need a caller only sometimes, with identity's own answers. */
export function authenticateCaller(iam: IamContext, request: FastifyRequest): Promise<Authentication> {
  return iam.authenticator.authenticate(incoming(request), iamTokenFault);
}

/** Keystone does not tell an expired token from an unknown one. */
export function iamTokenFault(_fault: TokenFault): Error {
  return unauthenticated();
}

function incoming(request: FastifyRequest): IncomingRequest {
  return {
    method: request.method,
    rawUrl: request.raw.url ?? '',
    headers: request.headers,
    body: request.rawBody,
    sourceIp: request.ip,
    requestId: request.id,
    receivedBody: () => request.rawBody,
  };
}
