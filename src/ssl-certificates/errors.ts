import { type ErrorDefinition, ServiceError } from '../platform/errors.ts';

/** Reference A.2.1, verbatim: clients match on code and text. */
const definitions = {
  'SCM.0003': { status: 400, message: 'Tenant has no privilege.' },
  'SCM.0005': { status: 400, message: 'Incorrect request parameter.' },
  'SCM.0006': {
    status: 400,
    message:
      'The uploaded certificate failed to be resolved. Ensure that the uploaded certificate has been issued.',
  },
  'SCM.0008': { status: 400, message: 'Abnormal certificate ID' },
  'SCM.0009': {
    status: 400,
    message: 'Failed to upload the certificate because no domain name is bound to the certificate.',
  },
  'SCM.0010': {
    status: 400,
    message: 'This operation is not allowed by the current certificate type or status.',
  },
  'SCM.0011': {
    status: 400,
    message:
      'The max number of free certificates for the current user has been reached, and you cannot continue to purchase free certificates.',
  },
  'SCM.0012': {
    status: 400,
    message: 'The uploaded private key failed to be resolved. Ensure that the certificate has been issued.',
  },
  'SCM.0014': { status: 400, message: 'The uploaded certificate does not match the private key.' },
  'SCM.0015': {
    status: 400,
    message:
      'The number or format of domain names entered does not meet the requirements of the your certificate.',
  },
  'SCM.0016': { status: 400, message: 'Failed to order.' },
  'SCM.0020': { status: 400, message: 'Incorrect certificate ID.' },
  'SCM.0023': { status: 400, message: 'Modify key format error.' },
  'SCM.0024': { status: 400, message: 'Modify value format error.' },
  'SCM.0025': { status: 400, message: 'Exceed the limit' },
  'SCM.0026': { status: 400, message: 'Revoke cert error' },
  'SCM.0027': { status: 400, message: 'Have no revoke reason' },
  'SCM.0028': { status: 400, message: 'Push cert error' },
  'SCM.0030': { status: 400, message: 'Certificates cannot be pushed to this service.' },
  'SCM.0031': { status: 400, message: 'Certificate parsing error.' },
  'SCM.0032': { status: 400, message: 'Incorrect certificate name.' },
  'SCM.0033': { status: 400, message: 'Csr not bind domain.' },
  'SCM.0034': { status: 400, message: 'Csr parse error.' },
  'SCM.0035': { status: 400, message: 'Csr domain not match input domain.' },
  'SCM.0036': { status: 400, message: 'Domain number not match product.' },
  'SCM.0039': {
    status: 400,
    message: 'The updated quota value must be greater than the currently used quota.',
  },
  'SCM.0042': { status: 400, message: 'Cert has expired.' },
  'SCM.0044': { status: 400, message: 'Permission denied,please obtain {0} permission.' },
  'SCM.0049': { status: 400, message: 'Cert brand error.' },
  'SCM.0050': { status: 400, message: 'Cert type error.' },
  'SCM.0051': { status: 400, message: 'Domain type error.' },
  'SCM.0052': { status: 400, message: 'Cert effective time error.' },
  'SCM.0059': { status: 400, message: 'The certificate private key is empty.' },
  'SCM.0060': { status: 400, message: 'Order number error.' },
  'SCM.0061': { status: 400, message: 'Region parameter error.' },
  'SCM.0063': { status: 400, message: 'Duplicate domain error.' },
  'SCM.0064': { status: 400, message: 'The order is executing.' },
  'SCM.0065': { status: 400, message: 'File size exceeds limit.' },
  'SCM.0066': { status: 400, message: 'Current domain type not allowed to operate.' },
  'SCM.0067': { status: 400, message: 'Sans changed.' },
  'SCM.0068': { status: 400, message: 'Unsupported region.' },
  'SCM.0070': {
    status: 400,
    message: 'Incorrect format of the domain bound to the certificate to be uploaded.',
  },
  'SCM.0072': { status: 400, message: 'SCM does not support this status.' },
  'SCM.0073': { status: 400, message: 'Help content format error.' },
  'SCM.0074': { status: 400, message: 'Cert is not renewal paid.' },
  'SCM.0075': { status: 400, message: 'Invalid region id.' },
  'SCM.0076': { status: 400, message: 'DIGICERT DV basic not support to renew.' },
  'SCM.0079': { status: 400, message: 'Subject of CaCert not match issuer of Cert' },
  'SCM.0080': { status: 400, message: 'Required param cert_info is null or empty.' },
  'SCM.0081': { status: 400, message: 'Required param cert_info is null or empty.' },
  'SCM.0082': { status: 400, message: 'Invalid validity_period, should be 12.' },
  'SCM.0083': { status: 400, message: 'Required param first_name is null or empty.' },
  'SCM.0085': { status: 400, message: 'Required param phone is null or empty.' },
  'SCM.0086': { status: 400, message: 'Required param email is null or empty.' },
  'SCM.0095': { status: 400, message: 'Run RmsApiController failed.' },
  'SCM.0101': { status: 400, message: 'The cert not support to auto deploy.' },
  'SCM.0102': { status: 400, message: 'This resource has been open to auto deploy.' },
  'SCM.0103': { status: 400, message: 'This resource is not exist.' },
  'SCM.0104': { status: 400, message: 'This region is not support.' },
  'SCM.0105': { status: 400, message: 'The cert has associated the auto deployed resources.' },
  'SCM.0106': { status: 400, message: 'The resource domain is not equals the cert.' },
  'SCM.0108': { status: 400, message: 'Domain format is invalid.' },
  'SCM.0109': { status: 400, message: 'Cert chain length must be more than 1.' },
  'SCM.0201': { status: 400, message: 'Failed to push to ELB.' },
  'SCM.0202': { status: 400, message: 'Insufficient ELB permissions' },
  'SCM.0204': { status: 400, message: 'ELB does not support this region.' },
  'SCM.0211': { status: 400, message: 'Failed to push to CDN.' },
  'SCM.0212': { status: 400, message: 'Insufficient CDN permissions' },
  'SCM.0221': { status: 400, message: 'Failed to push to WAF.' },
  'SCM.0222': { status: 400, message: 'Insufficient WAF permissions' },
  'SCM.0224': { status: 400, message: 'WAF does not support this region.' },
  'SCM.0225': { status: 400, message: 'Insufficient WAF quota.' },
  'SCM.0301': { status: 400, message: 'Tag is not found.' },
  'SCM.0302': { status: 400, message: 'Tag quota is upper limit.' },
  'SCM.0303': { status: 400, message: 'Match tag invalid.' },
  'SCM.0304': { status: 400, message: 'Field action is error.' },
  'SCM.0305': { status: 400, message: 'Tag value is invalid.' },
  'SCM.0306': { status: 400, message: 'Tag key is invalid.' },
  'SCM.0309': { status: 400, message: 'Tag value length is invalid.' },
  'SCM.0310': { status: 400, message: 'Tag key length is invalid.' },
  'SCM.0311': { status: 400, message: 'Tag key list is invalid.' },
  'SCM.0312': { status: 400, message: 'Tag value list is invalid.' },
  'SCM.0313': { status: 400, message: 'Tag list is invalid.' },
  'SCM.0314': { status: 400, message: 'Match resourceId invalid.' },
  'SCM.0318': { status: 400, message: 'Tag limit invalid.' },
  'SCM.0319': { status: 400, message: 'Tag offset invalid.' },
  'SCM.0321': { status: 400, message: 'Invalid param sys_tags.' },
  'SCM.0323': { status: 400, message: 'Invalid tag parameter.' },
  'SCM.0401': { status: 400, message: 'Gm cert is not support to be pushed.' },
  'SCM.0501': {
    status: 400,
    message: 'The parameter cannot be null or the parameter is wrong. Currently only supports:',
  },
  'SCM.0502': { status: 400, message: 'The certificate ID list cannot be empty.' },
  'SCM.0505': {
    status: 400,
    message: 'Parameter error, parameter is null or its list size is out of range, additional info:{0}',
  },
  'SCM.0506': {
    status: 400,
    message:
      'There is no corresponding certificate ID under the tenant, and the set of certificate IDs that cannot be found:{0}',
  },
  'SCM.0507': { status: 400, message: 'The list parameter cannot have duplicate elements' },
  'SCM.0508': {
    status: 400,
    message: 'Parameter error, the following certificates do not support querying deployed resources:{0}',
  },
  'SCM.0092': { status: 401, message: 'Decrypt jwt token failed.' },
  'SCM.1000': { status: 401, message: 'The token of the request fails to be authenticated' },
  'SCM.1004': { status: 401, message: 'Failed to apply for OBT.' },
  'SCM.1009': { status: 401, message: 'Your account is restricted.' },
  'SCM.1010': { status: 401, message: 'Your account is frozen.' },
  'SCM.4002': { status: 401, message: 'You do not have permission to perform this operation.' },
  'SCM.0001': { status: 403, message: 'Service is not open.' },
  'SCM.0002': { status: 403, message: 'Incorrect tenant ID.' },
  'SCM.0040': {
    status: 403,
    message:
      'The max number of free certificates for the current user has been reached, and you cannot continue to purchase free certificates.',
  },
  'SCM.0322': { status: 403, message: "Invalid user token, user role don't contain op_service." },
  'SCM.1019': { status: 403, message: 'The user role has no permission to access the interface' },
  'SCM.0069': { status: 404, message: 'No projects found.' },
  'SCM.0094': { status: 404, message: 'Resource not found.' },
  'SCM.0004': { status: 500, message: 'Fail to get ca response.' },
  'SCM.0007': { status: 500, message: 'Failed to download the certificate.' },
  'SCM.0013': {
    status: 500,
    message:
      'The uploaded certificate chain failed to be resolved. Ensure that the certificate has been issued.',
  },
  'SCM.0017': { status: 500, message: 'product wrong.' },
  'SCM.0019': { status: 500, message: 'CSB response error.' },
  'SCM.0037': { status: 500, message: 'Failed to encrypt the certificate.' },
  'SCM.0038': { status: 500, message: 'Cert decrypt fail.' },
  'SCM.0062': { status: 500, message: 'DNS query fail.' },
  'SCM.0071': { status: 500, message: 'SCM does not support this resourceType.' },
  'SCM.0087': { status: 500, message: 'Request cert failed.' },
  'SCM.0091': { status: 500, message: 'Connect jwt server failed.' },
  'SCM.0093': { status: 500, message: 'Invalid jwt token.' },
  'SCM.0097': { status: 500, message: 'Encode next token failed.' },
  'SCM.0098': { status: 500, message: 'Decode next token failed.' },
  'SCM.0099': { status: 500, message: 'Invalid domain id.' },
  'SCM.0100': { status: 500, message: 'UnKnown error.' },
  'SCM.0203': { status: 500, message: 'Failed to push to ELB.' },
  'SCM.0213': { status: 500, message: 'Failed to push to CDN.' },
  'SCM.0223': { status: 500, message: 'Failed to push to WAF.' },
  'SCM.0324': { status: 500, message: 'Calculate digest failure.' },
  'SCM.0402': { status: 500, message: 'Encrypt cert content or private key is null.' },
  'SCM.0504': { status: 500, message: 'Service internal error, please contact technical support.' },
  'SCM.4001': { status: 500, message: 'An error occurred when accessing the PDP API.' },
  // Not in A.2.1: what the service answers for a CSR that is not there, and clients rely on.
  'SCM.0707': { status: 400, message: 'CSR not found.' },
} as const;

export type ScmErrorCode = keyof typeof definitions;

export const scmErrors: Readonly<Record<ScmErrorCode, ErrorDefinition>> = Object.fromEntries(
  Object.entries(definitions).map(([code, definition]) => [code, { code, ...definition }]),
) as Record<ScmErrorCode, ErrorDefinition>;

/** `detail` says which field, which rule, what to do; it is appended to the reference's text and never repeats a secret. */
export function scmError(code: ScmErrorCode, detail?: string, options?: ErrorOptions): ServiceError {
  return new ServiceError('scm', scmErrors[code], detail, options);
}

/** The status that clients wait at, which A.2.1 does not give this code. */
export function mailsExhausted(detail: string): ServiceError {
  return new ServiceError('scm', { ...scmErrors['SCM.0025'], status: 429 }, detail);
}

export function isMailsExhausted(error: unknown): error is ServiceError {
  return error instanceof ServiceError && error.code === 'SCM.0025' && error.status === 429;
}

/** Too early after the purchase: clients try again on 500, which A.2.1 does not give this code. */
export function orderNotSettled(detail: string): ServiceError {
  return new ServiceError('scm', { ...scmErrors['SCM.0016'], status: 500 }, detail);
}
