import { type AccessDenied, type ErrorDefinition, ServiceError } from '../platform/errors.ts';
import type { FieldFailure } from '../platform/http/index.ts';
import { NoSuchBucket, ObjectStoreUnavailable } from './object-store.ts';

/** Codes and texts of the object storage service for the same failures. */
export const objectStorageErrors = {
  invalidArgument: { status: 400, code: 'InvalidArgument', message: 'Invalid argument.' },
  invalidBucketName: {
    status: 400,
    code: 'InvalidBucketName',
    message: 'The specified bucket is not valid.',
  },
  invalidToken: { status: 401, code: 'InvalidToken', message: 'The provided token is malformed or invalid.' },
  accessDenied: { status: 403, code: 'AccessDenied', message: 'Access denied.' },
  noSuchBucket: { status: 404, code: 'NoSuchBucket', message: 'The specified bucket does not exist.' },
  noSuchObject: { status: 404, code: 'NoSuchKey', message: 'The specified key does not exist.' },
  bucketExists: {
    status: 409,
    code: 'BucketAlreadyExists',
    message: 'The requested bucket name is not available.',
  },
  bucketNotEmpty: {
    status: 409,
    code: 'BucketNotEmpty',
    message: 'The bucket you tried to delete is not empty.',
  },
  bucketInUse: { status: 409, code: 'BucketInUse', message: 'The bucket you tried to delete is in use.' },
  tooManyBuckets: {
    status: 400,
    code: 'TooManyBuckets',
    message: 'You have attempted to create more buckets than allowed.',
  },
  internal: { status: 500, code: 'InternalError', message: 'We encountered an internal error.' },
  unavailable: { status: 503, code: 'ServiceUnavailable', message: 'The service is unavailable.' },
} as const satisfies Record<string, ErrorDefinition>;

/** What a verb throws; `detail` names the field, the rule, the remedy. */
export function objectStorageError(
  name: keyof typeof objectStorageErrors,
  detail?: string,
  options?: ErrorOptions,
): ServiceError {
  return new ServiceError('console', objectStorageErrors[name], detail, options);
}

/** How this service words what the platform and identity find: for `registerApi`. */
export const apiErrors = {
  dialect: 'console',
  unknownError: objectStorageErrors.internal,
  accessDenied: (denial: AccessDenied): ServiceError => objectStorageError('accessDenied', denial.message),
  invalid: ({ path, message }: FieldFailure): ServiceError =>
    objectStorageError('invalidArgument', `${path || 'The request body'} ${message}.`),
  /** For authentication: the token is missing, wrong or expired. */
  tokenFault: (fault: string): ServiceError => objectStorageError('invalidToken', `The token is ${fault}.`),
} as const;

/** The answer of the API to what its store could not do; other errors are as they were. */
export function toServiceError(error: unknown): unknown {
  if (error instanceof ObjectStoreUnavailable)
    return objectStorageError('unavailable', 'The object store does not answer; try again later.', {
      cause: error,
    });
  if (error instanceof NoSuchBucket) return objectStorageError('noSuchBucket', undefined, { cause: error });
  return error;
}
