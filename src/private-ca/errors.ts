import { type ErrorDefinition, ServiceError } from '../platform/errors.ts';

/**
 * Reference A.2.2, verbatim: clients match on code and text. Where the parameter tables allow more than a text says
 * (SM2, SM3, HOUR, IPv6, UPN), the tables decide what is accepted and the text stays.
 */
const definitions = {
  'PCA.00020001': { status: 400, message: 'Incorrect parameter.' },
  'PCA.00020101': { status: 400, message: 'Incorrect certificate distinguished name.' },
  'PCA.00020102': {
    status: 400,
    message: 'Invalid key algorithm. Only RSA2048, RSA4096, EC256, and EC384 are supported.',
  },
  'PCA.00020103': {
    status: 400,
    message: 'Invalid signature hash algorithm. Only SHA256, SHA384, and SHA512 are supported.',
  },
  'PCA.00020109': {
    status: 400,
    message: 'Invalid validity period type or value. Only year, month, or day supported.',
  },
  'PCA.00020110': { status: 400, message: 'Incorrect domain name.' },
  'PCA.00020111': { status: 400, message: 'Invalid IP. Enter an IPv4 address.' },
  'PCA.00020112': {
    status: 400,
    message: 'Invalid alternative name type of the certificate subject. Enter an IP or DNS.',
  },
  'PCA.00020201': {
    status: 400,
    message: 'Invalid CA ID. Valid CA IDs use a hexadecimal xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx format.',
  },
  'PCA.00020202': { status: 400, message: 'Invalid CA type. Only root CA and subordinate CA are supported.' },
  'PCA.00020203': { status: 400, message: 'Invalid CA path length. The value range is [0, 6].' },
  'PCA.00020204': { status: 400, message: 'Invalid CRL configuration.' },
  'PCA.00020301': {
    status: 400,
    message:
      'Invalid certificate ID. Valid certificate IDs use a hexadecimal xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx format.',
  },
  'PCA.00020401': { status: 400, message: 'Incorrect certificate signature request.' },
  'PCA.00020402': { status: 400, message: 'Incorrect certificate. Please contact technical support.' },
  'PCA.00020403': { status: 400, message: 'Incorrect certificate chain.' },
  'PCA.00020404': {
    status: 400,
    message:
      'Invalid status. The status can only be Pending activation, Activated, Disabled, Pending deletion, or Expired.',
  },
  'PCA.00000101': { status: 401, message: 'Access Denied. No permissions granted for this OBT.' },
  'PCA.00010001': { status: 401, message: 'Incorrect X-Auth-Token in the request header.' },
  'PCA.00010002': { status: 401, message: 'Account frozen. Please contact technical support.' },
  'PCA.00010003': {
    status: 401,
    message: 'Access denied. Real-name authentication failed or account in arrears.',
  },
  'PCA.00010004': { status: 401, message: 'Insufficient permissions. Contact administrator.' },
  'PCA.00000006': { status: 403, message: 'Obtaining OBS buckets failed. Please contact technical support.' },
  'PCA.00030001': { status: 403, message: 'CA or certificate quantity exceeds quota.' },
  'PCA.00030201': { status: 403, message: 'Operation not allowed in the current status.' },
  'PCA.00030202': { status: 403, message: 'CA or certificate frozen. Contact administrator.' },
  'PCA.00030301': { status: 403, message: 'Certificate public key and private key does not match.' },
  'PCA.00030102': { status: 404, message: 'CA or certificate is not found.' },
  'PCA.00030103': { status: 404, message: 'Issuer CA is not found' },
  'PCA.00000001': { status: 500, message: 'Unknown error. Please contact technical support.' },
  'PCA.00000002': { status: 500, message: 'Parameter processing failed. Please contact technical support.' },
  'PCA.00000003': {
    status: 500,
    message: 'Certificate processing failed. Please contact technical support.',
  },
  'PCA.00000004': { status: 500, message: 'Key processing failed. Please contact technical support.' },
  'PCA.00000005': { status: 500, message: 'Authentication failed. Please contact technical support.' },
} as const;

export type PcaErrorCode = keyof typeof definitions;

export const pcaErrors: Readonly<Record<PcaErrorCode, ErrorDefinition>> = Object.fromEntries(
  Object.entries(definitions).map(([code, definition]) => [code, { code, ...definition }]),
) as Record<PcaErrorCode, ErrorDefinition>;

/** `detail` says which field, which rule, what to do; it is appended to the reference's text and never repeats a secret. */
export function pcaError(code: PcaErrorCode, detail?: string, options?: ErrorOptions): ServiceError {
  return new ServiceError('pca', pcaErrors[code], detail, options);
}
