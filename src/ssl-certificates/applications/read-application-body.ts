import { type KeyAlgorithmName, keyAlgorithmNames } from '../csrs/key-algorithm.ts';
import { scmError } from '../errors.ts';
import type { Applicant, ApplicationData } from './application.ts';
import type { ApplyBody } from './application-schemas.ts';

const applicantFields = [
  'company_name',
  'company_unit',
  'company_province',
  'company_city',
  'country',
  'applicant_name',
  'applicant_phone',
  'applicant_email',
  'contact_name',
  'contact_phone',
  'contact_email',
] as const satisfies readonly (keyof Applicant)[];

const methods = ['DNS', 'FILE', 'EMAIL'] as const;
const hashAlgorithms = ['DEFAULT', 'SHA-256'] as const;

/** Letters of any script, with the marks that belong to them, and what table 4-3 lists. */
const personName = /^[\p{L}\p{M}\p{Nd}_\-.,()[\] ]+$/u;
const mailbox = /^[^\s@]+@[^\s@]+$/;

/** The rules that do not depend on the certificate. Throws SCM.0005, naming the field. */
export function readApplicationBody(body: ApplyBody): ApplicationData {
  if (!body.agree_privacy_protection)
    throw scmError('SCM.0005', 'agree_privacy_protection must be true for the application to be submitted.');
  if (!personName.test(body.applicant_name))
    throw scmError('SCM.0005', 'applicant_name may have letters, digits, spaces and characters of _-.,()[].');
  for (const field of ['applicant_email', 'contact_email'] as const)
    if (body[field] && !mailbox.test(body[field]))
      throw scmError('SCM.0005', `${field} must be an e-mail address.`);
  const { csr, key_algorithm: keyAlgorithm = '', ca_hash_algorithm: hashAlgorithm = '' } = body;
  return {
    domain: body.domain,
    sans: body.sans ?? '',
    csr: csr || undefined,
    keyAlgorithm: oneOf<KeyAlgorithmName>('key_algorithm', keyAlgorithmNames, keyAlgorithm || 'RSA_2048'),
    method: oneOf('domain_method', methods, body.domain_method.toUpperCase()),
    autoDns: body.auto_dns_auth ?? false,
    hashAlgorithm: oneOf('ca_hash_algorithm', hashAlgorithms, hashAlgorithm || 'DEFAULT'),
    applicant: Object.fromEntries(
      applicantFields.flatMap((field) => (body[field] ? [[field, body[field]]] : [])),
    ),
  };
}

function oneOf<Value extends string>(field: string, values: readonly Value[], sent: string): Value {
  const value = values.find((each) => each === sent);
  if (value === undefined) throw scmError('SCM.0005', `${field} must be one of ${values.join(', ')}.`);
  return value;
}
