/** The error dialects that clients know, one per service (see http/error-dialects.ts). */
export type Dialect = 'pca' | 'scm' | 'bss' | 'kms' | 'iam' | 'gateway' | 'console';

export interface ErrorDefinition {
  /** HTTP status. */
  readonly status: number;
  /** The service's own code, such as PCA.00020001. */
  readonly code: string;
  /** The reference's text, verbatim: clients match on it. */
  readonly message: string;
}

export interface ServiceErrorOptions extends ErrorOptions {
  /** When the same request may succeed. */
  readonly retryAfterSeconds?: number;
}

/**
 * What a verb throws when a request cannot be fulfilled. `detail` tells a person which field, which rule, what to do;
 * it is appended to the reference's text and must never carry a secret.
 */
export class ServiceError extends Error {
  readonly dialect: Dialect;
  readonly status: number;
  readonly code: string;
  readonly detail: string | undefined;
  /** Sent as `Retry-After` (RFC 9110 §10.2.3). */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    dialect: Dialect,
    definition: ErrorDefinition,
    detail?: string,
    options: ServiceErrorOptions = {},
  ) {
    super(detail ? `${definition.message} ${detail}` : definition.message, options);
    this.name = 'ServiceError';
    this.dialect = dialect;
    this.status = definition.status;
    this.code = definition.code;
    this.detail = detail;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Thrown by authorisation only; each dialect has its own code for it, chosen in one place. */
export class AccessDenied extends Error {
  readonly action: string;

  constructor(action: string, explanation: string) {
    super(explanation);
    this.name = 'AccessDenied';
    this.action = action;
  }
}

/** The text of whatever was thrown. Node tries each address of a name and then throws an error without a text of its own. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
