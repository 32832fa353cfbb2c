import { createRequire } from 'node:module';
import type { Failure } from './messages.ts';

export type Cryptoki = typeof import('pkcs11js');
export type Library = InstanceType<Cryptoki['PKCS11']>;
/** Session and object handles are opaque bytes. */
export type Handle = ReturnType<Library['C_OpenSession']>;

/** A failure of an operation, as it goes to the other side. */
export class OperationFailed extends Error {
  readonly failure: Failure;

  constructor(kind: Failure['kind'], message: string) {
    super(message);
    this.name = 'OperationFailed';
    this.failure = { kind, message };
  }
}

/** The binding is an optional dependency: most installations have no HSM. */
export function loadBinding(): Cryptoki {
  try {
    // By require: the package is CommonJS whose names cannot be told before it runs.
    return createRequire(import.meta.url)('pkcs11js') as Cryptoki;
  } catch (error) {
    throw new OperationFailed(
      'unavailable',
      'the package pkcs11js is not installed or not built for this system ' +
        `(${error instanceof Error ? error.message.split('\n')[0] : 'unknown'}); run npm install with optional dependencies`,
    );
  }
}

/** Return values after which the key or the request is at fault, not the connection (PKCS #11 v2.40 §5.1). */
const refusals: readonly string[] = [
  'CKR_MECHANISM_INVALID',
  'CKR_MECHANISM_PARAM_INVALID',
  'CKR_KEY_TYPE_INCONSISTENT',
  'CKR_KEY_FUNCTION_NOT_PERMITTED',
  'CKR_KEY_SIZE_RANGE',
  'CKR_TEMPLATE_INCONSISTENT',
  'CKR_TEMPLATE_INCOMPLETE',
  'CKR_ATTRIBUTE_TYPE_INVALID',
  'CKR_ATTRIBUTE_VALUE_INVALID',
  'CKR_CURVE_NOT_SUPPORTED',
  'CKR_DOMAIN_PARAMS_INVALID',
  'CKR_DATA_LEN_RANGE',
  'CKR_DATA_INVALID',
  'CKR_ARGUMENTS_BAD',
  'CKR_FUNCTION_NOT_SUPPORTED',
  'CKR_ACTION_PROHIBITED',
];

const pinFailures: readonly string[] = [
  'CKR_PIN_INCORRECT',
  'CKR_PIN_LOCKED',
  'CKR_PIN_EXPIRED',
  'CKR_PIN_INVALID',
  'CKR_PIN_LEN_RANGE',
];

const unknownHandles: readonly string[] = ['CKR_KEY_HANDLE_INVALID', 'CKR_OBJECT_HANDLE_INVALID'];

/** Different tokens say different things of a wrong authentication tag; SoftHSM says a general error. */
const wrongTags: readonly string[] = [
  'CKR_ENCRYPTED_DATA_INVALID',
  'CKR_ENCRYPTED_DATA_LEN_RANGE',
  'CKR_AEAD_DECRYPT_FAILED',
  'CKR_GENERAL_ERROR',
  'CKR_FUNCTION_FAILED',
];

/** `CKR_...` of what the binding throws; its own complaints have none. */
export function returnValue(error: unknown): string {
  const text = error instanceof Error ? error.message : '';
  return /CKR_\w+/.exec(text)?.[0] ?? (text || 'unknown failure');
}

export function isUnknownHandle(error: unknown): boolean {
  return unknownHandles.includes(returnValue(error));
}

export function mayBeWrongTag(error: unknown): boolean {
  return wrongTags.includes(returnValue(error));
}

export function asFailure(error: unknown, during: string): Failure {
  if (error instanceof OperationFailed) return error.failure;
  const value = returnValue(error);
  const message = `${during}: ${value}`;
  if (pinFailures.includes(value)) return { kind: 'pin', message };
  return { kind: refusals.includes(value) ? 'refused' : 'unavailable', message };
}
