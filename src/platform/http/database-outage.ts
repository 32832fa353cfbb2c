import { DatabaseUnavailable } from '../db/index.ts';
import { type Dialect, type ErrorDefinition, ServiceError } from '../errors.ts';

const retryAfterSeconds = 2;

/**
 * The answer to a request that met an unavailable database, in the service's dialect: 503, so that clients and load balancers tell it
 * from a fault of the program. Undefined for any other error.
 */
export function outageError(
  thrown: unknown,
  dialect: Dialect,
  unknownError: ErrorDefinition,
): ServiceError | undefined {
  if (!hasCause(thrown, DatabaseUnavailable)) return undefined;
  // Services whose codes repeat the status say 503 there, too.
  const code = unknownError.code === String(unknownError.status) ? '503' : unknownError.code;
  const message = 'The service is temporarily unavailable. Try again.';
  return new ServiceError(dialect, { status: 503, code, message }, undefined, {
    cause: thrown,
    retryAfterSeconds,
  });
}

function hasCause(thrown: unknown, kind: new (...given: never[]) => Error): boolean {
  if (thrown instanceof kind) return true;
  return thrown instanceof Error && hasCause(thrown.cause, kind);
}
