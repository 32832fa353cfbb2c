import { Type } from 'typebox';
import { enterpriseProjectPattern } from './enterprise-project.ts';
import { keyUsageNames } from './key-usage.ts';
import { requestKeyAlgorithms, requestSignatureAlgorithms } from './signature-algorithm.ts';
import { validityTypes } from './validity.ts';

/** Reference A.2.2, PCA.00020201 and PCA.00020301. */
export const idPattern = '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$';

export function idField(description: string) {
  return Type.String({ minLength: 36, maxLength: 36, pattern: idPattern, description });
}

/** An id, or the empty string for "not set". */
export function idOrEmptyField(description: string) {
  return Type.Optional(
    Type.String({ pattern: idPattern.replace('^', '^(').replace('$', ')?$'), description }),
  );
}

export function oneOf<const Values extends readonly string[]>(values: Values, description: string) {
  return Type.Unsafe<Values[number]>(Type.String({ enum: [...values], description }));
}

export const caTypeField = oneOf(['ROOT', 'SUBORDINATE'], 'ROOT: root CA. SUBORDINATE: subordinate CA.');

export const keyAlgorithmField = oneOf(
  requestKeyAlgorithms,
  'Key algorithm; MLDSA are not in the reference.',
);

export const signatureAlgorithmField = oneOf(
  requestSignatureAlgorithms,
  'Signature hash algorithm of the signing key: SM3 for SM2, its own name for ML-DSA, SHA for the others.',
);

export const validityField = Type.Object(
  {
    type: oneOf(validityTypes, 'YEAR: calendar years. MONTH: 31 days each. DAY. HOUR.'),
    value: Type.Integer({ description: 'Length in units of type: 30 years at most for a root CA, else 20.' }),
    start_from: Type.Optional(
      Type.Union([Type.Integer(), Type.String({ pattern: '^[0-9]{1,16}$' })], {
        description: 'Start, milliseconds since 1970, later than five minutes ago. Default: now.',
      }),
    ),
  },
  { description: 'Validity period.' },
);

export const keyUsagesField = Type.Array(oneOf(keyUsageNames, 'Key usage bit, RFC 5280 section 4.2.1.3.'), {
  description: 'Key usage; empty is the default.',
});

export const enterpriseProjectField = Type.String({
  pattern: enterpriseProjectPattern,
  description: 'Enterprise project ID. Absent, empty and all: the default project, 0.',
});

export const revocationReasons = [
  'UNSPECIFIED',
  'KEY_COMPROMISE',
  'CERTIFICATE_AUTHORITY_COMPROMISE',
  'AFFILIATION_CHANGED',
  'SUPERSEDED',
  'CESSATION_OF_OPERATION',
  'CERTIFICATE_HOLD',
  'PRIVILEGE_WITHDRAWN',
  'ATTRIBUTE_AUTHORITY_COMPROMISE',
] as const;

export type RevocationReason = (typeof revocationReasons)[number];

/** Body of both revocations: `{}` and (Terraform) `{"reason": null}` stand for UNSPECIFIED. */
export const revokeBody = Type.Object({
  reason: Type.Optional(
    Type.Union([oneOf(revocationReasons, 'Reason for revocation.'), Type.Null()], { default: 'UNSPECIFIED' }),
  ),
});
