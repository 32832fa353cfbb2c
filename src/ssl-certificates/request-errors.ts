import type { ServiceError } from '../platform/errors.ts';
import type { FieldFailure } from '../platform/http/index.ts';
import { type ScmErrorCode, scmError } from './errors.ts';

/** First match wins. A field that has no code of its own is an incorrect parameter. */
const codesByPath: readonly (readonly [RegExp, ScmErrorCode])[] = [
  [/^(certificate_id|cert_id|resource_id)$/, 'SCM.0008'],
  [/^cert_brand$/, 'SCM.0049'],
  [/^cert_type$/, 'SCM.0050'],
  [/^(domain_type|primary_domain_type)$/, 'SCM.0051'],
  [/^effective_time$/, 'SCM.0052'],
  [/^(domain_numbers|single_domain_number|wildcard_domain_number)$/, 'SCM.0036'],
  [/^order_number$/, 'SCM.0060'],
];

/** Of bodies only: lists of certificates and CSRs have a limit and an offset as well, in the query. */
const tagCodesByPath: typeof codesByPath = [
  [/^action$/, 'SCM.0304'],
  [/^limit$/, 'SCM.0318'],
  [/^offset$/, 'SCM.0319'],
  [/^matches/, 'SCM.0303'],
  [/^tag$/, 'SCM.0323'],
  [/^(not_)?tags(_any)?(\[\d+\])?$/, 'SCM.0313'],
  [/^(tag|(not_)?tags(_any)?\[\d+\])\.key$/, 'SCM.0306'],
  [/^(tag|tags\[\d+\])\.value$/, 'SCM.0305'],
  [/^(not_)?tags(_any)?\[\d+\]\.values/, 'SCM.0312'],
];

/** The service's code for a field that fails its schema; the text names the field and what it has to be. */
export function invalid(failure: FieldFailure): ServiceError {
  const codes = failure.location === 'body' ? [...codesByPath, ...tagCodesByPath] : codesByPath;
  const code = codes.find(([pattern]) => pattern.test(failure.path))?.[1] ?? 'SCM.0005';
  const field = failure.path === '' ? 'The request body' : failure.path;
  return scmError(code, `${field} ${failure.message}.`);
}
