import { type Static, Type } from 'typebox';
import { certificateDistinguishedNameSchema } from '../distinguished-name.ts';
import { enterpriseProjectPattern } from '../enterprise-project.ts';
import { keyUsageNames } from '../key-usage.ts';
import { validityTypes } from '../validity.ts';
import { csrTextLimit } from './csr-text.ts';
import { purposeOfFlag } from './extended-key-usage.ts';

const idPattern = '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$';

function oneOf<const Values extends readonly string[]>(values: Values, description: string) {
  return Type.Unsafe<Values[number]>(Type.String({ enum: [...values], description }));
}

const issuerId = Type.String({ pattern: idPattern, description: 'ID of the parent CA.' });

const validity = Type.Object(
  {
    type: oneOf(validityTypes, 'YEAR (12 months), MONTH (31 days), DAY or HOUR.'),
    value: Type.Integer({ description: 'Validity period in units of type, at most 20 years.' }),
    start_from: Type.Optional(
      Type.Union([Type.Integer(), Type.String({ pattern: '^[0-9]{1,16}$' })], {
        description: 'Start, in milliseconds since 1970; later than five minutes ago. Default: now.',
      }),
    ),
  },
  { description: 'Validity period.' },
);

const alternativeNames = Type.Array(
  Type.Object({
    type: Type.String({ enum: ['DNS', 'IP', 'EMAIL', 'URI', 'UPN'], description: 'Type of the name.' }),
    value: Type.String({ description: 'At most DNS 253, IP 39, EMAIL 256, URI 253, UPN 256 characters.' }),
  }),
  { maxItems: 20, description: 'Alternative names of the subject.' },
);

const flag = Type.Optional(Type.Boolean({ default: false }));
const extendedKeyUsage = Type.Object(
  Object.fromEntries(Object.keys(purposeOfFlag).map((name) => [name, flag])) as Record<
    keyof typeof purposeOfFlag,
    typeof flag
  >,
  { description: 'Extended key usage; every flag defaults to false.' },
);

const enterpriseProjectId = Type.Optional(
  Type.String({ pattern: enterpriseProjectPattern, description: 'Enterprise project; 0 is the default.' }),
);

const csr = Type.String({
  maxLength: csrTextLimit,
  description: 'Certificate signing request in PEM; newlines may be written as the characters \\n or \\r\\n.',
});

export const createCertificateBody = Type.Object({
  issuer_id: issuerId,
  key_algorithm: Type.Optional(
    oneOf(['RSA2048', 'RSA4096', 'EC256', 'EC384', 'SM2'], 'Key algorithm. Default: that of the CA.'),
  ),
  signature_algorithm: Type.Optional(
    oneOf(['SHA256', 'SHA384', 'SHA512', 'SM3'], 'Signature hash algorithm. Default: that of the CA.'),
  ),
  distinguished_name: certificateDistinguishedNameSchema,
  validity,
  key_usages: Type.Optional(Type.Array(oneOf(keyUsageNames, 'Bit of RFC 5280 section 4.2.1.3.'))),
  subject_alternative_names: Type.Optional(alternativeNames),
  extended_key_usage: Type.Optional(extendedKeyUsage),
  customized_extension: Type.Optional(
    Type.Object({
      object_identifier: Type.Optional(
        Type.String({ maxLength: 64, description: 'In dot-decimal notation.' }),
      ),
      value: Type.Optional(
        Type.String({ maxLength: 64, description: 'Put into the extension as a UTF8String.' }),
      ),
    }),
  ),
  enterprise_project_id: enterpriseProjectId,
});

export type CreateCertificateBody = Static<typeof createCertificateBody>;

export const createCertificateByCsrBody = Type.Object({
  issuer_id: issuerId,
  csr,
  validity,
  type: Type.Optional(
    oneOf(['ENTITY_CERT', 'INTERMEDIATE_CA'], 'Private certificate (default) or subordinate CA.'),
  ),
  path_length: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 6, description: 'Of a subordinate CA; default 0.' }),
  ),
  subject_alternative_names: Type.Optional(
    Type.Array(Type.Unknown(), {
      maxItems: 20,
      description: 'Reserved and ignored: names come from the CSR.',
    }),
  ),
  enterprise_project_id: enterpriseProjectId,
});

export type CreateCertificateByCsrBody = Static<typeof createCertificateByCsrBody>;

export const parseCsrBody = Type.Object({ csr });
