import type { RequestListener } from 'node:http';
import Fastify, {
  type FastifyContextConfig,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import type { TSchema } from 'typebox';
import { systemClock } from '../clock.ts';
import { ServiceError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Random } from '../random.ts';
import { takeTurnsByAccount } from './account-turns.ts';
import { outageError } from './database-outage.ts';
import { errorBody } from './error-dialects.ts';
import { gatewayErrors } from './gateway-errors.ts';
import { KnownPaths } from './known-paths.ts';
import { defaultLimits, HttpLimits } from './limits.ts';
import { releaseBodyAfterwards } from './request-body.ts';
import { addSecurityHeaders } from './security-headers.ts';
import { sourceOf } from './source.ts';
import { compileValidator } from './validation.ts';

/** Told once per route; the function it returns is told of every answer: status and milliseconds. */
export type RequestObserver = (operation: string) => (status: number, durationMs: number) => void;

export interface HttpAppOptions {
  readonly random: Random;
  readonly log: Log;
  readonly observe?: RequestObserver;
  /** Shared by the listeners of one process; default: limits of its own. */
  readonly limits?: HttpLimits;
  /** Takes the requests for which there is no route; without it they are not found. */
  readonly otherwise?: RequestListener;
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly limits: HttpLimits;
  }
  interface FastifyRequest {
    /** Gives back what the body took of the budget. */
    releaseBody?: () => void;
  }
}

/** Longer than any address of the contract with every filter set; the vendor's gateway refuses at a similar length. */
const longestUrl = 8_192;
/** Tags and names may stand in a path: 128 characters of three percent-encoded bytes each. */
const longestPathParameter = 1_200;

/** Ours, given here so that Fastify does not load its own, which takes a tenth of the start. */
const compilersFactory = {
  buildValidator: () => (route: { schema: TSchema; httpPart?: string }) =>
    compileValidator(route.schema, locationOf(route.httpPart)),
  // The schemas of answers are for the description; JSON.stringify does not drop a field that one forgot.
  buildSerializer: () => () => (value: unknown) => JSON.stringify(value),
} as unknown as NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>;

/** A Fastify instance that serves nothing yet, but answers every failure in the gateway's dialect with a request id. */
export function createHttpApp(options: HttpAppOptions): FastifyInstance {
  const app = Fastify({
    // Its logger makes a child per request; requests are counted by metrics and failures logged by the error handlers.
    logger: false,
    genReqId: () => options.random.hexId(),
    requestIdHeader: false,
    exposeHeadRoutes: false,
    frameworkErrors: (error, request, reply) => {
      const tooLong = error.code === 'FST_ERR_MAX_PARAM_LENGTH';
      refuse(reply, request, tooLong ? 'uriTooLong' : 'badRequest');
    },
    schemaController: { compilersFactory },
    routerOptions: { maxParamLength: longestPathParameter, ignoreTrailingSlash: true },
  });
  // Each API brings its own parser; what goes to no API is not read at all.
  app.removeAllContentTypeParsers();
  app.decorateRequest('rawBody');
  app.decorateRequest('releaseBody');
  app.decorate('limits', options.limits ?? new HttpLimits(defaultLimits, systemClock));
  const knownPaths = new KnownPaths<FastifyContextConfig>();
  app.addHook('onRoute', (route) => {
    knownPaths.add(route);
    if (options.observe) route.onResponse = observerOf(options.observe, route.schema, route.url);
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    if (request.raw.url!.length > longestUrl) refuse(reply, request, 'uriTooLong');
    else done();
  });
  app.addHook('onRequest', addSecurityHeaders);
  app.addHook('onRequest', releaseBodyAfterwards);
  // RFC 9110 §10.1.1: only now, as those whose headers are refused need not send the body at all.
  app.addHook('preParsing', (request, reply, _payload, done) => {
    const { expect } = request.headers;
    // Without a route nobody reads the body here.
    if (!request.is404 && expect?.toLowerCase() === '100-continue') reply.raw.writeContinue();
    done();
  });
  takeTurnsByAccount(app);
  const countUnknown = options.observe?.('unknown');
  app.setNotFoundHandler((request, reply) => {
    if (options.otherwise) {
      reply.hijack();
      options.otherwise(request.raw, reply.raw);
      return;
    }
    request.server.limits.countStranger(sourceOf(request));
    const routes = knownPaths.routesOf(request.raw.url!);
    const methods = [...new Set(routes.flatMap((route) => route.method))].sort();
    if (methods.length > 0) reply.header('allow', methods.join(', '));
    sendError(
      reply,
      request.id,
      routes[0]?.config?.unknownMethod ?? gatewayError(routes.length > 0 ? 'unknownMethod' : 'unknownPath'),
    );
    countUnknown?.(reply.statusCode, reply.elapsedTime);
  });
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof ServiceError) return sendError(reply, request.id, error);
    if (isClientError(error)) return refuse(reply, request, 'badRequest');
    const outage = outageError(error, 'gateway', gatewayErrors.internal);
    if (outage) return sendError(reply, request.id, outage);
    options.log.error({ error, requestId: request.id, method: request.method }, 'a request failed');
    refuse(reply, request, 'internal');
  });
  return app;
}

/** Sends an error in its dialect. */
export function sendError(reply: FastifyReply, requestId: string, error: ServiceError): void {
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(error.retryAfterSeconds));
  reply
    .code(error.status)
    .header('x-request-id', requestId)
    .header('content-type', 'application/json; charset=utf-8')
    // A text, so no serializer of the route's answers is asked.
    .send(JSON.stringify(errorBody(error, requestId)));
}

function refuse(reply: FastifyReply, request: FastifyRequest, name: keyof typeof gatewayErrors): void {
  sendError(reply, request.id, gatewayError(name));
}

function gatewayError(name: keyof typeof gatewayErrors): ServiceError {
  return new ServiceError('gateway', gatewayErrors[name]);
}

/** Fastify's own complaints, such as of a Content-Type that is not one. */
function isClientError(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && Number(error.statusCode) < 500;
}

function locationOf(httpPart: string | undefined): 'body' | 'query' | 'params' {
  switch (httpPart) {
    case 'body':
    case 'params':
      return httpPart;
    case 'querystring':
      return 'query';
  }
  throw new Error(`no schema is expected of the request's ${httpPart}`);
}

function observerOf(observe: RequestObserver, schema: unknown, url: string) {
  const operationId = (schema as { operationId?: string } | undefined)?.operationId;
  const record = observe(operationId ?? url);
  return (_request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    record(reply.statusCode, reply.elapsedTime);
    done();
  };
}
