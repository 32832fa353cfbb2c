/** What answers a request before or instead of a service, in the gateway's dialect. */
export { gatewayErrors } from './gateway-errors.ts';
/** The Fastify instance that services are registered on. */
export { createHttpApp, type HttpAppOptions, type RequestObserver } from './http-app.ts';
/** Limits on requests before their operation begins. */
export { type Caller, defaultLimits, HttpLimits, type LimitReason, type LimitSettings } from './limits.ts';
/** Servers with the limits of this program, and how they begin and end. */
export { createHttpServer, type Listener, listen } from './listener.ts';
export { registerMetrics } from './metrics-route.ts';
export { describeApi } from './openapi.ts';
/** `/healthz`, `/readyz` and the dev clock. */
export { type OperationsOptions, registerOperations } from './operations.ts';
export {
  type Api,
  type ApiOptions,
  type ApiPlugin,
  type BodyExpectation,
  registerApi,
} from './register-api.ts';
export { receiveBody } from './request-body.ts';
export { sourceOf } from './source.ts';
export { createHttpsServer, replaceCredentials, type ServerCredentials } from './tls.ts';
/** `anyCharacter`: option of a text in a body that may hold NUL, which is refused elsewhere. */
export { anyCharacter, type FieldFailure } from './validation.ts';
