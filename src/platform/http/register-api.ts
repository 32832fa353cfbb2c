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
import { errorSchema } from './error-dialects.ts';
import { gatewayErrors } from './gateway-errors.ts';
import { sendError } from './http-app.ts';
import { parseJsonBody, requireUtf8, UnreadableBody } from './json-body.ts';
import { type FieldFailure, InvalidField } from './validation.ts';

/** Reference 3.2: requests signed with an access key may carry up to 12 MB. */
export const largestBodyBytes = 12 * 1024 * 1024;
/** Fastify's code for a body beyond that. */
const bodyTooLarge = 'FST_ERR_CTP_BODY_TOO_LARGE';
/** So long the rest of a body that is refused is waited for. */
const lingerMs = 10_000;

/** `none`: whatever is sent is ignored. `optional`: nothing, `null` and `{}` are the same. `required`: there must be a JSON value. */
export type BodyExpectation = 'none' | 'optional' | 'required';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it arrived, for the signature; empty without one. */
    rawBody: Buffer;
  }
  interface FastifyContextConfig {
    /** Default: `required` where the route has a schema of the body, else `none`. */
    body?: BodyExpectation;
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
  /** Runs before the body is parsed and throws what the caller is to see; absent for what needs no identity. */
  readonly authenticate?: (request: FastifyRequest) => Promise<void>;
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
      const expectation = route.config?.body ?? (route.schema?.body ? 'required' : 'none');
      route.preValidation = [
        prepareRequest(options.authenticate, expectation),
        ...listOf(route.preValidation),
      ];
      route.config = { ...route.config, unknownMethod: options.unknownMethod };
      route.schema = describeRoute(route.schema ?? {}, options);
    });
    scope.setErrorHandler(errorHandler(options));
    await plugin(scope.withTypeProvider<TypeBoxTypeProvider>());
  });
}

function keepBodyRaw(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  // Any media type: clients of these services send bodies without one, and curl sends its own.
  scope.addContentTypeParser<Buffer>(
    '*',
    { parseAs: 'buffer', bodyLimit: largestBodyBytes },
    (request, body, done) => {
      request.rawBody = body;
      done(null, undefined);
    },
  );
}

const noBody = Buffer.alloc(0);

function prepareRequest(
  authenticate: ApiOptions['authenticate'],
  expectation: BodyExpectation,
): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    // Unset where the parser did not run, as on GET.
    request.rawBody ??= noBody;
    if (authenticate) await authenticate(request);
    request.body = expectation === 'none' ? undefined : readBody(request, expectation);
  };
}

function readBody(request: FastifyRequest, expectation: BodyExpectation): unknown {
  try {
    requireUtf8(request.headers['content-type']);
    const body = parseJsonBody(request.rawBody) ?? undefined;
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
    if (error.status >= 500) {
      options.log.error(
        { error: thrown, requestId: request.id, method: request.method, route: request.routeOptions.url },
        'a request failed',
      );
    }
    if (thrown.code === bodyTooLarge) whenSent(request, () => sendError(reply, request.id, error));
    else sendError(reply, request.id, error);
  };
}

/** Clients read no answer while they send, and the connection closes with this one: the rest of the body is read, and dropped. */
function whenSent({ raw }: FastifyRequest, answer: () => void): void {
  const patience = setTimeout(done, lingerMs);
  function done(): void {
    clearTimeout(patience);
    raw.off('end', done).off('close', done);
    answer();
  }
  raw.on('end', done).on('close', done).resume();
}

function serviceErrorOf(thrown: FastifyError, options: ApiOptions): ServiceError {
  if (thrown instanceof ServiceError) return thrown;
  if (thrown instanceof AccessDenied) return options.accessDenied(thrown);
  if (thrown instanceof InvalidField) return options.invalid(thrown.failure);
  if (thrown.code === bodyTooLarge) return new ServiceError('gateway', gatewayErrors.bodyTooLarge);
  if (thrown.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const message = 'must be application/json';
    return options.invalid({ location: 'body', path: 'Content-Type', keyword: 'mediaType', message });
  }
  if (thrown.code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH')
    return new ServiceError('gateway', gatewayErrors.badRequest);
  return (
    options.translate?.(thrown) ??
    new ServiceError(options.dialect, options.unknownError, undefined, { cause: thrown })
  );
}

function describeRoute(schema: NonNullable<unknown>, options: ApiOptions): object {
  const described = schema as { response?: Record<string, unknown> };
  return {
    ...described,
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
