import type { FastifyRequest } from 'fastify';
import type { Actor } from './actor.ts';
import type { Authentication, IncomingHead, TokenFault } from './authentication/authenticator.ts';
import type { IamContext } from './context.ts';
import { unauthenticated } from './errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by authentication, before the body is parsed. */
    actor: Actor;
  }
}

/** The `authenticate` of `registerApi`: each service gives its own answer to a token's faults. */
export function authenticationHook(iam: IamContext, tokenFault: (fault: TokenFault) => Error) {
  return async (request: FastifyRequest): Promise<void> => {
    const found = await iam.authenticator.authenticateHead(incoming(request), tokenFault);
    if (typeof found !== 'function') accept(request, found);
    else request.checkBody = async (body) => accept(request, await found(body));
  };
}

function accept(request: FastifyRequest, { actor }: Authentication): void {
  request.actor = actor;
  request.caller = { principal: actor.principalId, account: actor.accountId };
}

/** Authenticates after the body is read, for routes that need a caller only sometimes. Answers in identity's dialect. */
export async function authenticateCaller(iam: IamContext, request: FastifyRequest): Promise<Authentication> {
  const found = await iam.authenticator.authenticateHead(incoming(request), iamTokenFault);
  return typeof found === 'function' ? found(request.rawBody) : found;
}

/** Keystone does not tell an expired token from an unknown one. */
export function iamTokenFault(_fault: TokenFault): Error {
  return unauthenticated();
}

function incoming(request: FastifyRequest): IncomingHead {
  return {
    method: request.method,
    rawUrl: request.raw.url ?? '',
    headers: request.headers,
    sourceIp: request.ip,
    requestId: request.id,
    receivedBody: () => request.rawBody,
  };
}
