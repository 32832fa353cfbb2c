import { type AccessDenied, type ErrorDefinition, ServiceError } from '../platform/errors.ts';
import type { FieldFailure } from '../platform/http/validation.ts';

/** Texts of the contract and of Keystone; the code repeats the HTTP status. */
const definitions = {
  badRequest: { status: 400, code: '400', message: 'Request body is invalid.' },
  wrongCredentials: { status: 401, code: '401', message: 'The username or password is wrong.' },
  unauthenticated: {
    status: 401,
    code: '401',
    message: 'The request you have made requires authentication.',
  },
  forbidden: {
    status: 403,
    code: '403',
    message: 'You are not authorized to perform the requested action.',
  },
  notFound: { status: 404, code: '404', message: 'Could not find' },
  conflict: { status: 409, code: '409', message: 'Conflict occurred attempting to store' },
  internal: {
    status: 500,
    code: '500',
    message: 'An unexpected error prevented the server from fulfilling your request.',
  },
} as const satisfies Record<string, ErrorDefinition>;

/** The blank answer to a failure of ours. */
export const unknownIamError: ErrorDefinition = definitions.internal;

function iamError(name: keyof typeof definitions, detail?: string): ServiceError {
  return new ServiceError('iam', definitions[name], detail);
}

/** 400; the detail names the field and the rule. */
export function badRequest(detail: string): ServiceError {
  return iamError('badRequest', detail);
}

/** 401, the same for an unknown user, a wrong password and a disabled user. */
export function wrongCredentials(): ServiceError {
  return iamError('wrongCredentials');
}

/** 401 while a name is locked for a source after repeated failures. */
export function lockedOut(lockedMs: number): ServiceError {
  const minutes = Math.ceil(lockedMs / 60_000);
  const time = minutes === 1 ? 'a minute' : `${minutes} minutes`;
  return iamError('wrongCredentials', `Too many failures in a row; try again in ${time}.`);
}

/** 401 after a right password, where the login needs a second factor. */
export function secondFactorRequired(): ServiceError {
  const methods = '["password", "totp"], ["password", "passkey"] or ["password", "recovery-code"]';
  return iamError(
    'unauthenticated',
    `Login protection is on for this user: sign in with methods ${methods}.`,
  );
}

/** 401, the same for a wrong factor, one that was used already and one that the user does not have. */
export function wrongSecondFactor(): ServiceError {
  return iamError('unauthenticated', 'The second factor is wrong or was used already.');
}

/** 401 for a missing, unknown or expired token. */
export function unauthenticated(detail?: string): ServiceError {
  return iamError('unauthenticated', detail);
}

/** 403; the detail says what is not possible for anybody. */
export function forbidden(detail: string): ServiceError {
  return iamError('forbidden', detail);
}

/** 404 `Could not find user: <id>.`; also for what belongs to another account. */
export function notFound(noun: string, id: string): ServiceError {
  return new ServiceError('iam', { ...definitions.notFound, message: `Could not find ${noun}: ${id}.` });
}

/** 404 without an id, for tokens. */
export function tokenNotFound(): ServiceError {
  return new ServiceError('iam', { ...definitions.notFound, message: 'Could not find token.' });
}

/** 409; the detail says what exists already or what a limit is. */
export function conflict(noun: string, detail: string): ServiceError {
  return new ServiceError(
    'iam',
    { ...definitions.conflict, message: `${definitions.conflict.message} ${noun}.` },
    detail,
  );
}

export function iamAccessDenied(denial: AccessDenied): ServiceError {
  return iamError('forbidden', denial.message);
}

export function invalidIamField(failure: FieldFailure): ServiceError {
  const place = failure.path === '' ? failure.location : `${failure.location} ${failure.path}`;
  return badRequest(`${place} ${failure.message}.`);
}

const signature = 'Incorrect IAM authentication information:';

/** What the gateway answers to signed requests; texts of the contract (x-gateway-errors). */
export const signatureFaults = {
  wrong: (): ServiceError => gatewayFault(`${signature} verify aksk signature fail`),
  unknownKey: (accessKey: string): ServiceError =>
    gatewayFault(`${signature} Get secretKey failed,ak:${accessKey},err:ak not exist`),
} as const;

function gatewayFault(message: string): ServiceError {
  return new ServiceError('gateway', { status: 401, code: 'APIGW.0301', message });
}

/** 429 of the gateway, when more logins wait than the password hash allows. */
export function tooManyRequests(): ServiceError {
  const message = 'The throttling threshold has been reached.';
  return new ServiceError('gateway', { status: 429, code: 'APIGW.0308', message });
}
