import { Type } from 'typebox';
import { anyCharacter } from '../platform/http/index.ts';
import { type KmsErrorCode, kmsError } from './errors.ts';

const uuid = '[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12}';
const alias = '[a-zA-Z0-9:/_-]{1,255}';

export const keyId = Type.String({ pattern: `^${uuid}$`, description: 'Key ID.' });
export const keyIdOrAlias = Type.String({
  pattern: `^(${uuid}|alias/${alias}|kms:[^:]+:[^:]+:alias:${alias})$`,
  description: 'Key ID, alias/NAME or the URN of an alias.',
});
/** Free for the caller to choose, not echoed. */
export const sequence = Type.Optional(Type.String({ minLength: 36, maxLength: 36 }));
export const optionalText = Type.Optional(Type.String());
/** Text of digits in the reference; Terraform sends some as numbers. */
export const numeric = Type.Union([Type.String(), Type.Integer()]);
export const optionalNumeric = Type.Optional(numeric);

/** Additional data that is authenticated with a ciphertext; both forms that clients send. */
export const bindingFields = {
  additional_authenticated_data: Type.Optional(Type.String({ ...anyCharacter })),
  encryption_context: Type.Optional(
    Type.Union([Type.String(), Type.Record(Type.String(), Type.String())], { ...anyCharacter }),
  ),
};

export interface BindingBody {
  readonly additional_authenticated_data?: string;
  readonly encryption_context?: string | Record<string, string>;
}

export function bindingOf(body: BindingBody) {
  return {
    additionalAuthenticatedData: body.additional_authenticated_data,
    encryptionContext: body.encryption_context,
  };
}

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function isBase64(text: string): boolean {
  return base64Pattern.test(text);
}

/** Strict: Node would skip what is not Base64. Throws `code`. */
export function decodeBase64(text: string, code: KmsErrorCode, field: string): Buffer {
  if (!isBase64(text)) throw kmsError(code, `${field} must be Base64.`);
  return Buffer.from(text, 'base64');
}

/** Throws `code`. */
export function decodeHex(text: string, code: KmsErrorCode, field: string): Buffer {
  if (!/^([0-9A-Fa-f]{2})+$/.test(text))
    throw kmsError(code, `${field} must be hexadecimal, two digits a byte.`);
  return Buffer.from(text, 'hex');
}

/** A number of bytes as text. Throws `code` outside of `min` to `max`. */
export function parseBytes(
  value: string | number,
  code: KmsErrorCode,
  { field, min, max }: { readonly field: string; readonly min: number; readonly max: number },
): number {
  const number = /^[0-9]{1,9}$/.test(String(value)) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max))
    throw kmsError(code, `Any ${field} from ${min} to ${max} bytes, as text, is taken.`);
  return number;
}

export function upperHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase();
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
