import { KeyUnavailable } from '../kms/index.ts';
import type { AccessDenied, ServiceError } from '../platform/errors.ts';
import { scmError, scmErrors } from './errors.ts';
import { invalid } from './request-errors.ts';

/** How this service words what the platform and identity find: for `registerApi`. */
export const apiErrors = {
  dialect: 'scm',
  invalid,
  unknownError: scmErrors['SCM.0100'],
  accessDenied: (denial: AccessDenied): ServiceError => scmError('SCM.1019', denial.message),
  /** For authentication: the token is missing, wrong or expired. */
  tokenFault: (fault: string): ServiceError => scmError('SCM.1000', `The token is ${fault}.`),
  translate: (error: unknown): ServiceError | undefined =>
    error instanceof KeyUnavailable ? scmError('SCM.0038', error.message, { cause: error }) : undefined,
} as const;
