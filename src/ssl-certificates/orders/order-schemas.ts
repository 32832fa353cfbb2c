import { Type } from 'typebox';
import { enterpriseProjectField } from '../certificates/certificate-schemas.ts';
import { brands, certificateTypes, domainTypes, mostNames, primaryDomainTypes } from './product.ts';

function oneOf<const Values extends readonly string[]>(values: Values, description: string) {
  return Type.Unsafe<Values[number]>(Type.String({ enum: [...values], description }));
}

const additionalNumber = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: mostNames - 1, description }));

export const purchaseBody = Type.Object({
  cert_brand: oneOf(brands, 'Certificate authority.'),
  cert_type: oneOf(certificateTypes, 'Certificate type.'),
  domain_type: oneOf(domainTypes, 'Domain name type.'),
  effective_time: Type.Integer({
    minimum: 0,
    maximum: 3,
    description: 'Years; 0 for DV_SSL_CERT_BASIC only.',
  }),
  domain_numbers: Type.Integer({
    minimum: 1,
    maximum: mostNames,
    description: '1, or 2 and more for MULTI_DOMAIN.',
  }),
  order_number: Type.Integer({ minimum: 1, maximum: 100, description: 'Certificates to buy.' }),
  agree_privacy_protection: Type.Boolean({ description: 'Only true is allowed.' }),
  primary_domain_type: Type.Optional(
    Type.Unsafe<(typeof primaryDomainTypes)[number] | ''>(
      Type.String({ enum: [...primaryDomainTypes, ''], description: 'Of MULTI_DOMAIN: the primary name.' }),
    ),
  ),
  single_domain_number: additionalNumber('Of MULTI_DOMAIN: single names beside the primary one.'),
  wildcard_domain_number: additionalNumber('Of MULTI_DOMAIN: wildcard names beside the primary one.'),
  is_auto_pay: Type.Optional(
    Type.Boolean({
      description: 'true: pays at once. Without it there is an order, and no certificate yet.',
    }),
  ),
  enterprise_project_id: enterpriseProjectField,
  order_id: Type.Optional(
    Type.String({ maxLength: 63, description: 'An order that is not paid yet, to add this to.' }),
  ),
  tags: Type.Optional(
    Type.Array(
      Type.Object({ key: Type.String(), value: Type.Optional(Type.Union([Type.String(), Type.Null()])) }),
      { maxItems: 20 },
    ),
  ),
});

export const purchaseResponse = Type.Object({
  order_id: Type.String(),
  cert: Type.Array(Type.Object({ cert_id: Type.String() })),
});

export const unsubscribeParams = Type.Object({ cert_id: Type.String({ minLength: 16, maxLength: 16 }) });
export const unsubscribeResponse = Type.Object({ unsubscribe_results: Type.String() });
