import { type Static, Type } from 'typebox';
import { certificateDistinguishedNameSchema } from '../distinguished-name.ts';
import {
  enterpriseProjectField,
  idField,
  keyAlgorithmField,
  keyUsagesField,
  oneOf,
  signatureAlgorithmField,
  validityField,
} from '../request-fields.ts';
import { certificateStatuses } from './certificate.ts';
import type { CertificateSortKey } from './certificate-store.ts';
import { longestCsr } from './certification-request.ts';
import { purposeOfFlag } from './extended-key-usage.ts';

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

const issuerId = idField('ID of the parent CA.');
const enterpriseProjectId = Type.Optional(enterpriseProjectField);

const csr = Type.String({
  maxLength: longestCsr.ofMlDsa,
  description:
    'Certificate signing request in PEM, at most 5120 characters; newlines may be written as the characters \\n or \\r\\n.',
});

export const createCertificateBody = Type.Object({
  issuer_id: issuerId,
  key_algorithm: Type.Optional(keyAlgorithmField),
  signature_algorithm: Type.Optional(signatureAlgorithmField),
  distinguished_name: certificateDistinguishedNameSchema,
  validity: validityField,
  key_usages: Type.Optional(keyUsagesField),
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
  validity: validityField,
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

export const certificateIdParams = Type.Object({ certificate_id: idField('ID of the private certificate.') });

export const listQuery = Type.Object({
  limit: Type.Integer({ minimum: 0, maximum: 1000, default: 10, description: 'Number of returned records.' }),
  offset: Type.Integer({ minimum: 0, default: 0, description: 'Records to skip.' }),
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Part of the common name.' })),
  status: Type.Optional(oneOf(certificateStatuses, 'Status of the certificate.')),
  sort_key: Type.Unsafe<CertificateSortKey>(
    Type.String({ enum: ['create_time', 'common_name', 'issuer_name', 'not_after'], default: 'create_time' }),
  ),
  sort_dir: Type.Unsafe<'DESC' | 'ASC'>(Type.String({ enum: ['DESC', 'ASC'], default: 'DESC' })),
});

const flagOrText = (values: readonly string[], description: string) =>
  Type.Unsafe<boolean | string>(Type.Unknown({ enum: [true, false, ...values], description }));

export const exportCertificateBody = Type.Object({
  is_compressed: flagOrText(['true', 'false'], 'true: a ZIP package. false: JSON.'),
  type: Type.String({ description: 'APACHE, NGINX, IIS, TOMCAT or OTHER, in any case.' }),
  is_sm_standard: Type.Optional(
    flagOrText(['true', 'false', ''], 'Digital envelopes of GM/T 0009 and 0010; of effect for SM2 only.'),
  ),
  password: Type.Optional(
    Type.String({
      maxLength: 32,
      pattern: '^[A-Za-z0-9,.+_#-]*$',
      description: 'Encrypts the private keys; letters, digits and , . + - _ #. Default: not encrypted.',
    }),
  ),
});

export type ExportCertificateBody = Static<typeof exportCertificateBody>;
