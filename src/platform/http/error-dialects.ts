import { STATUS_CODES } from 'node:http';
import type { Dialect, ServiceError } from '../errors.ts';

/** Longest error_msg that clients accept (reference, every operation's table of the answer to an error). */
const longestMessage = 1024;

/** The body of an error answer, in the form that the service's clients parse. */
export function errorBody(error: ServiceError, requestId: string): object {
  const message = error.message.slice(0, longestMessage);
  switch (error.dialect) {
    case 'pca':
    case 'scm':
    case 'bss':
      return { error_code: error.code, error_msg: message };
    case 'kms':
      return { error: { error_code: error.code, error_msg: message } };
    case 'iam':
      return { error: { code: iamCode(error), message, title: STATUS_CODES[error.status] ?? '' } };
    case 'gateway':
    case 'console':
      return { error_code: error.code, error_msg: message, request_id: requestId };
  }
}

/** IAM's own codes are text, but where Keystone only repeats the HTTP status it is a number. */
function iamCode(error: ServiceError): string | number {
  return error.code === String(error.status) ? error.status : error.code;
}

/** JSON schema of `errorBody`, for the API description. */
export function errorSchema(dialect: Dialect): object {
  const text = { type: 'string' };
  const flat = objectOf({ error_code: text, error_msg: text });
  switch (dialect) {
    case 'pca':
    case 'scm':
    case 'bss':
      return flat;
    case 'kms':
      return objectOf({ error: flat });
    case 'iam':
      return objectOf({
        error: objectOf({ code: { type: ['integer', 'string'] }, message: text, title: text }),
      });
    case 'gateway':
    case 'console':
      return objectOf({ error_code: text, error_msg: text, request_id: text });
  }
}

function objectOf(properties: Record<string, object>): object {
  return { type: 'object', properties, required: Object.keys(properties) };
}
