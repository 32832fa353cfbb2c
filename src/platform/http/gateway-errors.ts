import type { ErrorDefinition } from '../errors.ts';

/**
 * What the gateway in front of the services answers by itself, before any of them has seen the request. Codes and texts are those
 * of the contract (`x-gateway-errors`) or, where it has none, of the vendor's gateway for the same failure.
 */
export const gatewayErrors = {
  unknownPath: {
    status: 404,
    code: 'APIGW.0101',
    message: 'The API does not exist or has not been published in the environment',
  },
  unknownMethod: {
    status: 405,
    code: 'APIGW.0101',
    message: 'The API does not exist or has not been published in the environment',
  },
  unauthenticated: { status: 401, code: 'APIGW.0305', message: 'Incorrect authentication information.' },
  forbidden: {
    status: 403,
    code: 'APIGW.0302',
    message: 'The IAM user is not authorized to access the API.',
  },
  badRequest: { status: 400, code: 'APIGW.0201', message: 'Bad request.' },
  bodyTooLarge: { status: 413, code: 'APIGW.0201', message: 'Request entity too large.' },
  uriTooLong: { status: 414, code: 'APIGW.0201', message: 'Request URI too large.' },
  headersTooLarge: { status: 431, code: 'APIGW.0201', message: 'Request header too large.' },
  timeout: { status: 408, code: 'APIGW.0201', message: 'Request timeout.' },
  throttled: { status: 429, code: 'APIGW.0308', message: 'The throttling threshold has been reached.' },
  internal: { status: 500, code: 'APIGW.9999', message: 'Internal system error.' },
} as const satisfies Record<string, ErrorDefinition>;
