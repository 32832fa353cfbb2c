import { type Static, Type } from 'typebox';

/** Mandatory, and not empty: that is told by the verb, which also knows the types of certificates. */
const mandatory = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, description });
const optional = (maxLength: number, description: string) =>
  Type.Optional(Type.String({ maxLength, description }));
const forCompanies = 'Mandatory for OV and EV.';

/** Table 4-3. Empty texts are as good as absent: the reference's own example has them. */
export const applyBody = Type.Object({
  domain: mandatory(255, 'Name to bind: the only one, or the primary one of a multi-domain certificate.'),
  sans: optional(4096, 'Additional names of a multi-domain certificate, separated by semicolons.'),
  csr: optional(5120, 'PEM; without it the service generates key and CSR.'),
  company_name: optional(63, `Company. ${forCompanies}`),
  company_unit: optional(63, 'Department.'),
  company_province: optional(63, `Province. ${forCompanies}`),
  company_city: optional(63, `City. ${forCompanies}`),
  country: Type.Optional(
    Type.String({ pattern: '^([A-Za-z]{2})?$', description: `Two-letter code. ${forCompanies}` }),
  ),
  applicant_name: mandatory(100, '1 to 100 letters of any script, digits, spaces and characters of _-.,()[]'),
  applicant_phone: mandatory(63, 'Phone number of the applicant.'),
  applicant_email: mandatory(256, 'E-mail address of the applicant.'),
  contact_name: optional(63, 'Technical contact.'),
  contact_phone: optional(63, 'Phone number of the technical contact.'),
  contact_email: optional(256, 'E-mail address of the technical contact.'),
  auto_dns_auth: Type.Optional(
    Type.Boolean({ description: 'Whether the service writes the DNS records itself; default: false.' }),
  ),
  agree_privacy_protection: Type.Boolean({ description: 'Only true is allowed.' }),
  domain_method: mandatory(32, 'DNS, FILE or EMAIL, in any case.'),
  key_algorithm: optional(32, 'RSA_2048 (default), RSA_3072, RSA_4096, EC_P256, EC_P384 or SM2.'),
  ca_hash_algorithm: optional(32, 'DEFAULT or SHA-256; default: DEFAULT.'),
});
export type ApplyBody = Static<typeof applyBody>;

export const certificateParams = Type.Object({
  certificate_id: Type.String({ minLength: 16, maxLength: 16, description: 'Certificate id.' }),
});

export const applyResponse = Type.Object({ request_info: Type.String() });
export const doneResponse = Type.Object({ cert_id: Type.String(), message: Type.String() });

export const reviewBody = Type.Object({
  decision: Type.Unsafe<'approve' | 'reject'>(Type.String({ enum: ['approve', 'reject'] })),
  reason: optional(255, 'Shown to the applicant; mandatory for reject.'),
});

export const reviewsQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 50, default: 10, description: 'Rows of a page.' }),
  offset: Type.Integer({ minimum: 0, default: 0, description: 'Rows to skip.' }),
});

const orNull = Type.Union([Type.String(), Type.Null()]);

export const reviewsResponse = Type.Object({
  total: Type.Integer(),
  reviews: Type.Array(
    Type.Object({
      certificate_id: Type.String(),
      account_id: Type.String(),
      name: Type.String(),
      brand: orNull,
      type: orNull,
      domain: Type.String(),
      sans: orNull,
      company_name: orNull,
      company_unit: orNull,
      company_province: orNull,
      company_city: orNull,
      country: orNull,
      applicant_name: orNull,
      applicant_phone: orNull,
      applicant_email: orNull,
      contact_name: orNull,
      contact_phone: orNull,
      contact_email: orNull,
      submit_time: orNull,
    }),
  ),
});

export const applicationResponse = Type.Object({
  certificate_id: Type.String(),
  status: Type.String({ description: 'Of the certificate.' }),
  failure_reason: orNull,
  submit_time: orNull,
  expire_time: Type.Union([Type.String(), Type.Null()], {
    description: 'When the application fails; null where nothing ends it.',
  }),
  issuer: Type.Union([Type.String(), Type.Null()], { description: 'Null until it was asked.' }),
  review: Type.String({ description: 'Of the organisation: none, waiting, approved or rejected.' }),
  domains: Type.Array(
    Type.Object({
      domain: Type.String(),
      method: Type.String(),
      record_name: Type.String(),
      record_type: Type.String(),
      record_value: Type.String(),
      publication: Type.String({
        description: 'Record or mail of the service: none, due, published or withdrawn.',
      }),
      verify_time: orNull,
      check_time: orNull,
      attempts: Type.Integer({ description: 'Checks so far.' }),
      last_failure: orNull,
    }),
  ),
});

export const revokeBody = Type.Object({
  reason: optional(32, 'Such as KEY_COMPROMISE; SCM.0027 without it.'),
});
