import { type AccessDenied, type ErrorDefinition, ServiceError } from '../../platform/errors.ts';
import type { FieldFailure } from '../../platform/http/index.ts';

/** As the billing service's public documents and its clients have them. */
const definitions = {
  'CBC.0100': { status: 400, message: 'Parameter error.' },
  'CBC.0151': { status: 403, message: 'Access denied.' },
  'CBC.0154': { status: 401, message: 'The token is invalid or has expired.' },
  'CBC.0999': { status: 500, message: 'Other errors.' },
  'CBC.30000010': { status: 400, message: 'Invalid order: it may not exist.' },
  'CBC.30000067': {
    status: 400,
    message:
      'Unsubscription not supported. This resource has been deleted or the subscription to this resource has not been synchronized.',
  },
  'CBC.99003106': {
    status: 400,
    message: 'The order status has changed. The order cannot be paid.',
  },
  'CBC.99003141': {
    status: 400,
    message:
      'The quota or capacity of the cloud service is insufficient, or its specifications have changed.',
  },
  'CBC.99003012': { status: 400, message: 'The resource ID does not exist.' },
} as const satisfies Record<string, Omit<ErrorDefinition, 'code'>>;

export function bssError(code: keyof typeof definitions, detail?: string): ServiceError {
  return new ServiceError('bss', { code, ...definitions[code] }, detail);
}

/** How this service words what the platform and identity find. */
export const bssErrors = {
  dialect: 'bss',
  invalid: ({ path, message }: FieldFailure): ServiceError =>
    bssError('CBC.0100', `${path === '' ? 'The request body' : path} ${message}.`),
  unknownError: { code: 'CBC.0999', ...definitions['CBC.0999'] },
  accessDenied: (denial: AccessDenied): ServiceError => bssError('CBC.0151', denial.message),
  tokenFault: (fault: string): ServiceError => bssError('CBC.0154', `The token is ${fault}.`),
} as const;
