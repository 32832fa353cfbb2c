import { KeyUnavailable } from '../kms/index.ts';
import type { AccessDenied, ServiceError } from '../platform/errors.ts';
import { pcaError, pcaErrors } from './errors.ts';
import { invalid } from './request-errors.ts';

/** How this service words what the platform and identity find: for `registerApi`. */
export const apiErrors = {
  dialect: 'pca',
  invalid,
  unknownError: pcaErrors['PCA.00000001'],
  accessDenied: (denial: AccessDenied): ServiceError => pcaError('PCA.00010004', denial.message),
  /** For authentication: the token is missing, wrong or expired. */
  tokenFault: (fault: string): ServiceError => pcaError('PCA.00010001', `The token is ${fault}.`),
  /** A key in an HSM that is away is nobody's mistake but the operator's. */
  translate: (error: unknown): ServiceError | undefined =>
    error instanceof KeyUnavailable ? pcaError('PCA.00000004', error.message, { cause: error }) : undefined,
} as const;
