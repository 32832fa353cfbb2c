export { gatewayErrors } from './gateway-errors.ts';
export { createHttpApp, type HttpAppOptions, type RequestObserver } from './http-app.ts';
export { describeApi } from './openapi.ts';
export {
  type Api,
  type ApiOptions,
  type ApiPlugin,
  type BodyExpectation,
  largestBodyBytes,
  registerApi,
} from './register-api.ts';
export type { FieldFailure } from './validation.ts';
