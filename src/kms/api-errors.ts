import type { TokenFault } from '../iam/index.ts';
import type { AccessDenied, ServiceError } from '../platform/errors.ts';
import type { FieldFailure } from '../platform/http/index.ts';
import { type KmsErrorCode, kmsError, kmsErrorDefinition } from './errors.ts';

/** Codes of fields that are wrong in form, whatever the operation. What depends on the operation is checked by its verb. */
const fieldCodes: Readonly<Record<string, KmsErrorCode>> = {
  key_id: 'KMS.0205',
  source_key_id: 'KMS.0205',
  destination_key_id: 'KMS.0205',
  target_key_id: 'KMS.0205',
  sequence: 'KMS.0206',
  encryption_context: 'KMS.0208',
  key_alias: 'KMS.1101',
  alias: 'KMS.1101',
  aliases: 'KMS.1101',
  key_description: 'KMS.1103',
  pending_days: 'KMS.1401',
  limit: 'KMS.1601',
  marker: 'KMS.1602',
  random_data_length: 'KMS.1801',
  datakey_length: 'KMS.1901',
  datakey_plain_length: 'KMS.2102',
  datakey_cipher_length: 'KMS.2202',
  cipher_text: 'KMS.2201',
  grantee_principal: 'KMS.2402',
  retiring_principal: 'KMS.2402',
  grant_id: 'KMS.2501',
  import_token: 'KMS.2605',
  encrypted_privatekey: 'KMS.2609',
  expiration_time: 'KMS.2602',
  rotation_interval: 'KMS.3001',
  signing_algorithm: 'KMS.0332',
  action: 'KMS.0404',
  tag: 'KMS.0407',
  tags: 'KMS.0414',
  matches: 'KMS.0415',
  offset: 'KMS.0417',
};

function codeOf({ path, keyword }: FieldFailure): KmsErrorCode {
  if (keyword === 'json') return 'KMS.0202';
  if (keyword === 'mediaType') return 'KMS.0214';
  if (keyword === 'required') return 'KMS.0204';
  const [field = ''] = path.split(/[.[]/);
  return fieldCodes[field] ?? 'KMS.0308';
}

const tokenCodes: Readonly<Record<TokenFault, KmsErrorCode>> = {
  missing: 'KMS.0301',
  invalid: 'KMS.0302',
  expired: 'KMS.0303',
};

/** How this service words what the platform and identity find: for `registerApi`. */
export const apiErrors = {
  dialect: 'kms',
  invalid: (failure: FieldFailure): ServiceError =>
    kmsError(codeOf(failure), `${failure.path || 'The body'} ${failure.message}.`),
  unknownError: kmsErrorDefinition('KMS.0101'),
  unknownMethod: kmsError('KMS.0215'),
  accessDenied: (denial: AccessDenied): ServiceError => kmsError('KMS.0306', denial.message),
  /** For authentication: the token is missing, wrong or expired. */
  tokenFault: (fault: TokenFault): ServiceError => kmsError(tokenCodes[fault], `The token is ${fault}.`),
} as const;
