import { type Static, Type } from 'typebox';
import { caStatuses } from '../ca.ts';
import { caDistinguishedNameSchema } from '../distinguished-name.ts';
import {
  caTypeField,
  enterpriseProjectField,
  idField,
  idOrEmptyField,
  keyAlgorithmField,
  keyUsagesField,
  oneOf,
  signatureAlgorithmField,
  validityField,
} from '../request-fields.ts';

const pathLength = Type.Integer({ minimum: 0, maximum: 6, description: 'CA path length; default 0.' });

export const hsmClusterInfo = Type.Object(
  {
    hsm_project: Type.String({ description: 'Project, such as cn-north-7.' }),
    hsm_cluster_id: Type.String({ description: 'ID of the HSM cluster.' }),
    hsm_ca_cert: Type.String({ description: 'Base64 of the certificate in PEM.' }),
  },
  { description: 'HSM cluster; only for users in the whitelist.' },
);

// Nothing but enabled has limits here: with enabled false the other fields are accepted and ignored.
const crlConfiguration = Type.Object(
  {
    enabled: Type.Boolean({ description: 'Whether CRLs are published.' }),
    crl_name: Type.Optional(Type.Unknown({ description: 'Name of the CRL; default: ID of the CA.' })),
    obs_bucket_name: Type.Optional(Type.Unknown({ description: 'Bucket; mandatory if enabled is true.' })),
    valid_days: Type.Optional(Type.Unknown({ description: '7 to 30 days; mandatory if enabled is true.' })),
    delta_hours: Type.Optional(Type.Unknown({ description: 'Hours between deltas; not in the reference.' })),
  },
  { description: 'CRL configuration.' },
);

const issuedFields = {
  key_usages: Type.Optional(keyUsagesField),
  path_length: Type.Optional(pathLength),
  hsm_cluster_info: Type.Optional(hsmClusterInfo),
  crl_configuration: Type.Optional(crlConfiguration),
  enterprise_project_id: Type.Optional(enterpriseProjectField),
};

export const createAuthorityBody = Type.Object({
  type: caTypeField,
  distinguished_name: caDistinguishedNameSchema,
  key_algorithm: keyAlgorithmField,
  validity: Type.Optional(validityField),
  issuer_id: idOrEmptyField('ID of the parent CA. Not for a root CA.'),
  signature_algorithm: Type.Optional(signatureAlgorithmField),
  ca_id: idOrEmptyField('ID of a purchased CA; without it a pay-per-use CA is created.'),
  ...issuedFields,
});

export type CreateAuthorityBody = Static<typeof createAuthorityBody>;

export const activateAuthorityBody = Type.Object({
  signature_algorithm: signatureAlgorithmField,
  validity: validityField,
  issuer_id: idOrEmptyField('ID of the parent CA. Mandatory for a subordinate CA.'),
  type: Type.Optional(caTypeField),
  distinguished_name: Type.Optional(caDistinguishedNameSchema),
  key_algorithm: Type.Optional(keyAlgorithmField),
  ...issuedFields,
});

export type ActivateAuthorityBody = Static<typeof activateAuthorityBody>;

export const importAuthorityBody = Type.Object({
  certificate: Type.String({ minLength: 1, maxLength: 32_768, description: 'Certificate, PEM.' }),
  certificate_chain: Type.Optional(
    Type.String({ maxLength: 2_097_152, description: 'From the issuer to the root, PEM.' }),
  ),
});

/** Both texts at their longest, with the line ends escaped: the reference allows a chain of 2 MB. */
export const importBodyBytes = 2_304 * 1024;

const orderFlag = Type.Unsafe<0 | 1>(Type.Integer({ enum: [0, 1] }));

function fixed<const Value extends string | number>(value: Value) {
  return Type.Literal(value, { description: `Fixed: ${value}.` });
}

export const createOrderBody = Type.Object({
  cloud_service_type: fixed('hws.service.type.ccm'),
  charging_mode: fixed(0),
  period_type: Type.Unsafe<2 | 3>(Type.Integer({ enum: [2, 3], description: '2: month. 3: year.' })),
  period_num: Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'Number of periods.' }),
  is_auto_renew: orderFlag,
  promotion_info: Type.Optional(Type.String({ maxLength: 2048, description: 'Ignored: CAs cost nothing.' })),
  subscription_num: Type.Integer({ minimum: 1, maximum: 1000, description: 'Number of CAs.' }),
  is_auto_pay: Type.Optional(orderFlag),
  enterprise_project_id: Type.Optional(enterpriseProjectField),
  product_infos: Type.Array(
    Type.Object({
      cloud_service_type: fixed('hws.service.type.ccm'),
      resource_type: fixed('hws.resource.type.pca.duration'),
      resource_spec_code: fixed('ca.duration'),
    }),
    { minItems: 1, maxItems: 10 },
  ),
});

export type CreateOrderBody = Static<typeof createOrderBody>;

export const caIdParams = Type.Object({ ca_id: idField('ID of the CA.') });

export const deleteQuery = Type.Object({
  // The vendor's Terraform provider sends it without a value for a CA that it imported.
  pending_days: Type.Optional(
    Type.String({
      pattern: '^([7-9]|[12][0-9]|30|)$',
      description: 'Days, 7 to 30; default, also if empty: 30.',
    }),
  ),
});

export const listQuery = Type.Object({
  limit: Type.Integer({ minimum: 0, maximum: 1000, default: 10, description: 'Number of returned records.' }),
  offset: Type.Integer({ minimum: 0, default: 0, description: 'Records to skip.' }),
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Part of the CN.' })),
  status: Type.Optional(oneOf(caStatuses, 'Status of the CA.')),
  type: Type.Optional(caTypeField),
  sort_key: Type.Unsafe<'create_time' | 'common_name' | 'type' | 'not_after'>(
    Type.String({ enum: ['create_time', 'common_name', 'type', 'not_after'], default: 'create_time' }),
  ),
  sort_dir: Type.Unsafe<'DESC' | 'ASC'>(Type.String({ enum: ['DESC', 'ASC'], default: 'DESC' })),
  owned_by_self: Type.Boolean({
    default: true,
    description: 'false adds the CAs that other accounts share.',
  }),
});
