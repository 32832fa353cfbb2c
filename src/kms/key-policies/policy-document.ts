import { kmsError } from '../errors.ts';

/** What a key policy says: from when to when, and from where, keys of its space may be used. */
export interface PolicyDocument {
  readonly version: string;
  readonly validity_period?: { readonly start_time?: string; readonly end_time?: string };
  readonly allowed_access_point?: readonly string[];
  readonly allowed_data_security_zone?: readonly string[];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readTexts(document: Record<string, unknown>, name: string): readonly string[] | undefined {
  const value = document[name];
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string'))
    throw kmsError('KMS.0308', `policy.${name} must be a list of texts.`);
  return value;
}

function readTime(period: Record<string, unknown>, name: string): string | undefined {
  const value = period[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || Number.isNaN(Date.parse(value)))
    throw kmsError(
      'KMS.0308',
      `policy.validity_period.${name} must be a time, such as 2026-01-01T00:00:00Z.`,
    );
  return value;
}

function readPeriod(value: unknown): PolicyDocument['validity_period'] {
  if (value === undefined) return undefined;
  if (!isObject(value)) throw kmsError('KMS.0308', 'policy.validity_period must be an object.');
  const start = readTime(value, 'start_time');
  const end = readTime(value, 'end_time');
  if (start !== undefined && end !== undefined && Date.parse(end) <= Date.parse(start))
    throw kmsError('KMS.2801', 'policy.validity_period ends before it begins.');
  return { ...(start !== undefined && { start_time: start }), ...(end !== undefined && { end_time: end }) };
}

/** `text` is JSON in a string, as the service takes it. Throws KMS.0308, KMS.2801. */
export function parsePolicyDocument(text: string): PolicyDocument {
  const document = parseJson(text);
  if (!isObject(document) || typeof document.version !== 'string')
    throw kmsError('KMS.0308', 'policy must be the text of a JSON object with version.');
  const period = readPeriod(document.validity_period);
  const accessPoints = readTexts(document, 'allowed_access_point');
  const zones = readTexts(document, 'allowed_data_security_zone');
  return {
    version: document.version,
    ...(period && { validity_period: period }),
    ...(accessPoints && { allowed_access_point: accessPoints }),
    ...(zones && { allowed_data_security_zone: zones }),
  };
}
