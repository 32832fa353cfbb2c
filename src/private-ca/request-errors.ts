import type { ServiceError } from '../platform/errors.ts';
import type { FieldFailure } from '../platform/http/index.ts';
import { type PcaErrorCode, pcaError } from './errors.ts';

/** First match wins. A field that has no code of its own is an incorrect parameter. */
const codesByPath: readonly (readonly [RegExp, PcaErrorCode])[] = [
  [/^distinguished_name(\.|$)/, 'PCA.00020101'],
  [/^key_algorithm$/, 'PCA.00020102'],
  [/^signature_algorithm$/, 'PCA.00020103'],
  [/^validity(\.|$)/, 'PCA.00020109'],
  [/^subject_alternative_names\[\d+\]\.type$/, 'PCA.00020112'],
  [/^subject_alternative_names\[\d+\]\.value$/, 'PCA.00020110'],
  [/^(ca_id|issuer_id)$/, 'PCA.00020201'],
  [/^type$/, 'PCA.00020202'],
  [/^path_length$/, 'PCA.00020203'],
  [/^(crl_configuration(\.|$)|crl_name$|obs_bucket_name$|valid_days$)/, 'PCA.00020204'],
  [/^certificate_id$/, 'PCA.00020301'],
  [/^csr$/, 'PCA.00020401'],
  [/^status$/, 'PCA.00020404'],
];

/** The service's code for a field that fails its schema; the text names the field and what it has to be. */
export function invalid(failure: FieldFailure): ServiceError {
  const code = codesByPath.find(([pattern]) => pattern.test(failure.path))?.[1] ?? 'PCA.00020001';
  const field = failure.path === '' ? 'The request body' : failure.path;
  return pcaError(code, `${field} ${failure.message}.`);
}
