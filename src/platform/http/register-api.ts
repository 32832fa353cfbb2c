import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import { AccessDenied, type Dialect, type ErrorDefinition, ServiceError } from '../errors.ts';
import type { Log } from '../log.ts';
import { outageError } from './database-outage.ts';
import { errorSchema } from './error-dialects.ts';
import { gatewayErrors } from './gateway-errors.ts';
import { sendError } from './http-app.ts';
import { mostJsonElements, parseJsonBody, requireUtf8, UnreadableBody } from './json-body.ts';
import type { Caller } from './limits.ts';
import { ClientGone, defaultBodyLimitBytes, noBody, receiveBody } from './request-body.ts';
import { sourceOf } from './source.ts';
import { type FieldFailure, InvalidField } from './validation.ts';

/** `none`: whatever is sent is ignored. `optional`: nothing, `null` and `{}` are the same. `required`: there must be a JSON value. */
export type BodyExpectation = 'none' | 'optional' | 'required';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it arrived, for the signature; empty without one. */
    rawBody: Buffer;
    bodyLimitBytes: number;
    /** Set by `authenticate`, or by its `checkBody`. */
    caller?: Caller;
    /** Set by `authenticate` where the headers alone cannot decide. */
    checkBody?: (body: Buffer) => Promise<void>;
  }
  interface FastifyContextConfig {
    /** Default: `required` where the route has a schema of the body, else `none`. */
    body?: BodyExpectation;
    /** Default: 64 KB. */
    bodyLimitBytes?: number;
    /** Keys and values of the body at most; default: 10,000. */
    mostJsonElements?: number;
    /** Set by `registerApi`. */
    unknownMethod?: ServiceError | undefined;
  }
}

/** A Fastify context whose routes take their types from TypeBox schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** What a capability exports from its routes.ts. */
export type ApiPlugin = (api: Api) => void | Promise<void>;

/** How one service speaks. */
export interface ApiOptions {
  readonly dialect: Dialect;
  /**
   * Judges a caller by the headers, before the body is read, and throws what the caller is to see. Sets `checkBody` where it needs the
   * body too. Absent for what needs no identity.
   */
  readonly authenticate?: (request: FastifyRequest) => Promise<void>;
  /** Without identity, for everybody and cheap: requests do not count as a stranger's. */
  readonly isPublic?: boolean;
  /** The service's own refusal. */
  readonly accessDenied: (denial: AccessDenied) => ServiceError;
  /** The service's blank answer to a failure of ours. */
  readonly unknownError: ErrorDefinition;
  /** The service's error for a field that breaks its schema, naming the field. */
  readonly invalid: (failure: FieldFailure) => ServiceError;
  /** The service's words for an error of another capability; undefined: it is a failure of ours. */
  readonly translate?: (error: unknown) => ServiceError | undefined;
  /** The service's error for a path of its own with another method; without it the gateway answers. */
  readonly unknownMethod?: ServiceError;
  readonly log: Log;
}

/** Adds the routes of one service in a context of its own: authentication, then parsing, then validation, then the handler. */
export async function registerApi(
  app: FastifyInstance,
  options: ApiOptions,
  plugin: ApiPlugin,
): Promise<void> {
  await app.register(async (scope) => {
    keepBodyRaw(scope);
    scope.addHook('onRoute', (route) => {
      const config = route.config ?? {};
      const limits: BodyLimits = {
        expectation: config.body ?? (route.schema?.body ? 'required' : 'none'),
        bytes: config.bodyLimitBytes ?? defaultBodyLimitBytes,
        elements: config.mostJsonElements ?? mostJsonElements,
      };
      route.onRequest = [judgeHead(options, limits), ...listOf(route.onRequest)];
      route.preValidation = [judgeBody(options, limits), ...listOf(route.preValidation)];
      if (!options.authenticate && !options.isPublic)
        route.onResponse = [forgiveLogin, ...listOf(route.onResponse)];
      route.config = { ...config, unknownMethod: options.unknownMethod };
      route.schema = describeRoute(route.schema ?? {}, options, limits);
    });
    scope.setErrorHandler(errorHandler(options));
    await plugin(scope.withTypeProvider<TypeBoxTypeProvider>());
  });
}

interface BodyLimits {
  readonly expectation: BodyExpectation;
  readonly bytes: number;
  readonly elements: number;
}

function keepBodyRaw(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.decorateRequest('bodyLimitBytes', defaultBodyLimitBytes);
  scope.decorateRequest('caller');
  scope.decorateRequest('checkBody');
  // Any media type: clients of these services send bodies without one, and curl sends its own.
  scope.addContentTypeParser('*', (request, _payload, done) =>
    receiveBody(request, request.bodyLimitBytes, (error, body) => {
      if (body) request.rawBody = body;
      done(error, undefined);
    }),
  );
}

/** Runs when the headers are there and before any of the body is read: strangers cannot make the server hold bodies. */
function judgeHead({ authenticate, isPublic, dialect }: ApiOptions, { bytes, expectation }: BodyLimits) {
  return async (request: FastifyRequest): Promise<void> => {
    const { limits } = request.server;
    request.bodyLimitBytes = bytes;
    if (authenticate) {
      await orCountStranger(request, authenticate(request));
      if (request.caller) limits.countCaller(request.caller, dialect);
    } else if (!isPublic) {
      limits.countStranger(sourceOf(request));
    }
    if (expectation !== 'none') refuseEncoded(request);
  };
}

function judgeBody({ dialect }: ApiOptions, { elements, expectation }: BodyLimits) {
  return async (request: FastifyRequest): Promise<void> => {
    // Unset where the parser did not run, as on GET.
    request.rawBody ??= noBody;
    if (request.checkBody) {
      await orCountStranger(request, request.checkBody(request.rawBody));
      if (request.caller) request.server.limits.countCaller(request.caller, dialect);
    }
    request.body = expectation === 'none' ? undefined : readBody(request, expectation, elements);
  };
}

/** Only failures count, so that no number of valid requests is too many from one address. Beyond the limit they become 429. */
async function orCountStranger(request: FastifyRequest, authentication: Promise<void>): Promise<void> {
  try {
    await authentication;
  } catch (error) {
    if (error instanceof ServiceError && error.status < 500)
      request.server.limits.countStranger(sourceOf(request));
    throw error;
  }
}

/** A login that succeeded was no stranger's. */
function forgiveLogin(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (reply.statusCode === 201) request.server.limits.forgiveStranger(sourceOf(request));
  done();
}

/** A body that is compressed could be a thousand times as long as it says. */
function refuseEncoded(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  const message = 'must be absent: bodies are not compressed';
  throw new InvalidField({ location: 'body', path: 'Content-Encoding', keyword: 'encoding', message });
}

function readBody(request: FastifyRequest, expectation: BodyExpectation, mostElements: number): unknown {
  try {
    requireUtf8(request.headers['content-type']);
    const body = parseJsonBody(request.rawBody, mostElements) ?? undefined;
    if (body !== undefined) return body;
  } catch (error) {
    if (!(error instanceof UnreadableBody)) throw error;
    const failure = {
      location: 'body',
      path: '',
      keyword: 'json',
      message: `must be JSON: ${error.message}`,
    } as const;
    throw new InvalidField(failure, { cause: error });
  }
  if (expectation === 'optional') return {};
  throw new InvalidField({
    location: 'body',
    path: '',
    keyword: 'required',
    message: 'is mandatory, as JSON',
  });
}

function errorHandler(options: ApiOptions) {
  return (thrown: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const error = serviceErrorOf(thrown, options);
    const facts = { requestId: request.id, method: request.method, route: request.routeOptions.url };
    if (thrown instanceof ClientGone) {
      request.server.limits.refused('client-gone');
      options.log.debug(facts, thrown.message);
    } else if (error.status === 503) {
      options.log.warn({ reason: thrown.message, ...facts }, 'a request could not be served now');
    } else if (error.status >= 500) {
      options.log.error({ error: thrown, ...facts }, 'a request failed');
    }
    // Fastify closes after a body that was refused, and clients that still send would lose the answer. The rest is read, and dropped.
    reply.removeHeader('connection');
    sendError(reply, request.id, error);
  };
}

function serviceErrorOf(thrown: FastifyError, options: ApiOptions): ServiceError {
  if (thrown instanceof ServiceError) return thrown;
  if (thrown instanceof AccessDenied) return options.accessDenied(thrown);
  if (thrown instanceof InvalidField) return options.invalid(thrown.failure);
  if (thrown instanceof ClientGone) return new ServiceError('gateway', gatewayErrors.badRequest);
  if (thrown.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const message = 'must be application/json';
    return options.invalid({ location: 'body', path: 'Content-Type', keyword: 'mediaType', message });
  }
  if (isFrameworkRefusal(thrown)) return new ServiceError('gateway', gatewayErrors.badRequest);
  return (
    outageError(thrown, options.dialect, options.unknownError) ??
    options.translate?.(thrown) ??
    new ServiceError(options.dialect, options.unknownError, undefined, { cause: thrown })
  );
}

/** Fastify's own complaints about a request, such as of its length. */
function isFrameworkRefusal({ code, statusCode }: FastifyError): boolean {
  return typeof code === 'string' && code.startsWith('FST_ERR_') && (statusCode ?? 500) < 500;
}

function describeRoute(schema: NonNullable<unknown>, options: ApiOptions, { bytes }: BodyLimits): object {
  const described = schema as { response?: Record<string, unknown> };
  return {
    ...described,
    ...('body' in schema ? { 'x-body-limit-bytes': bytes } : {}),
    ...(options.authenticate ? {} : { security: [] }),
    response: {
      ...described.response,
      default: { description: 'The request was refused or failed.', ...errorSchema(options.dialect) },
    },
  };
}

function listOf<Hook>(hooks: Hook | Hook[] | undefined): Hook[] {
  return hooks === undefined ? [] : Array.isArray(hooks) ? hooks : [hooks];
}
