import { Type } from 'typebox';
import { anyCharacter } from '../../platform/http/index.ts';
import { enterpriseProjectPattern } from '../enterprise-project.ts';

const text = Type.Union([Type.String(), Type.Null()]);
const time = Type.Union([Type.String(), Type.Null()], { description: 'yyyy-MM-dd HH:mm:ss.S, UTC.' });
const months = Type.Union([Type.Integer(), Type.Null()], { description: 'Months; null if it was imported.' });

/** An empty text is no text. */
function oneOf<const Values extends readonly string[]>(values: Values, description: string) {
  return Type.Optional(Type.Unsafe<Values[number] | ''>(Type.String({ enum: [...values, ''], description })));
}

export const certificateParams = Type.Object({
  certificate_id: Type.String({ minLength: 16, maxLength: 16 }),
});

export const enterpriseProjectField = Type.Optional(
  Type.String({ maxLength: 64, pattern: enterpriseProjectPattern, description: 'all, 0 or an id.' }),
);

export const listQuery = Type.Object({
  limit: Type.Unsafe<10 | 20 | 50>(Type.Integer({ enum: [10, 20, 50], default: 10 })),
  offset: Type.Integer({ minimum: 0, default: 0 }),
  sort_key: oneOf(['certExpiredTime', 'certStatus', 'certUpdateTime'], 'Default: certUpdateTime.'),
  sort_dir: oneOf(['ASC', 'DESC'], 'Default: DESC.'),
  status: Type.Optional(Type.String({ maxLength: 64, description: 'A state, or ALL, the default.' })),
  enterprise_project_id: enterpriseProjectField,
  deploy_support: Type.Boolean({ default: false, description: 'true: only what can be deployed.' }),
  owned_by_self: Type.Boolean({
    default: true,
    description: 'false: also what other accounts share, of which there is nothing.',
  }),
  expired_days_since: Type.Integer({
    minimum: 0,
    maximum: 1095,
    default: 0,
    description: 'Only what is valid and ends within so many days; 0: no filter.',
  }),
  content: Type.Optional(
    Type.String({ maxLength: 255, description: 'Part of the name or of a domain name, in any case.' }),
  ),
});

const common = {
  id: Type.String(),
  name: Type.String(),
  type: text,
  brand: text,
  status: Type.String(),
  domain: text,
  sans: Type.Union([Type.String(), Type.Null()], { description: 'Separated by semicolons.' }),
  signature_algorithm: text,
  validity_period: months,
  domain_type: text,
  domain_count: Type.Integer(),
  wildcard_count: Type.Integer(),
  description: text,
  enterprise_project_id: Type.String(),
};

export const listItem = Type.Object({
  ...common,
  deploy_support: Type.Boolean(),
  expire_time: time,
  domain_id: Type.String({ description: 'The account.' }),
});

export const listResponse = Type.Object({ certificates: Type.Array(listItem), total_count: Type.Integer() });

const applicationInfo = Type.Object({
  country: text,
  company_name: text,
  company_province: text,
  company_city: text,
  applicant_name: text,
  applicant_phone: text,
  applicant_email: text,
  contact_name: text,
  contact_phone: text,
  contact_email: text,
});

export const detailResponse = Type.Object({
  ...common,
  order_id: text,
  push_support: Type.String({ description: 'ON or OFF.' }),
  revoke_reason: text,
  issue_time: time,
  not_before: time,
  not_after: time,
  validation_method: text,
  multi_domain_type: text,
  fingerprint: Type.Union([Type.String(), Type.Null()], { description: 'SHA-1, 40 hexadecimal digits.' }),
  shared: Type.Boolean(),
  application_info: Type.Union([applicationInfo, Type.Null()]),
  authentification: Type.Array(
    Type.Object({
      record_name: Type.String(),
      record_type: Type.String(),
      record_value: Type.String(),
      domain: Type.String(),
    }),
  ),
});

// Lengths have a code of their own. Text of these fields is parsed, never stored.
const pem = (description: string) => Type.String({ ...anyCharacter, description });
const optionalPem = (description: string) =>
  Type.Optional(Type.Union([pem(description), Type.Null()], { description }));

export const importBody = Type.Object({
  name: Type.String({ description: '3 to 63 letters, digits, underscores, hyphens and periods.' }),
  certificate: pem('PEM; without certificate_chain its chain may follow.'),
  certificate_chain: optionalPem('PEM, from the issuer upwards.'),
  private_key: pem('PEM, without a password.'),
  duplicate_check: Type.Optional(
    Type.Boolean({ description: 'false: refuses a certificate that is there already.' }),
  ),
  enterprise_project_id: enterpriseProjectField,
  enc_certificate: optionalPem('PEM of the encryption certificate; mandatory for an SM certificate.'),
  enc_private_key: optionalPem('PEM of its key, without a password.'),
});

export const importResponse = Type.Object({ certificate_id: Type.String() });

export const exportResponse = Type.Object({
  entire_certificate: Type.String({ description: 'certificate, and certificate_chain below it.' }),
  certificate: Type.String(),
  certificate_chain: text,
  private_key: Type.Union([Type.String(), Type.Null()], { description: 'null: the applicant keeps it.' }),
  enc_certificate: Type.Optional(text),
  enc_private_key: Type.Optional(text),
});
