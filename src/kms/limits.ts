import { countRowsOf, type LimitDeclaration, type LimitKind } from '../iam/index.ts';
import { kmsError } from './errors.ts';
import { mostUsedKeys } from './quota-store.ts';
import { mostKeyVersions } from './store.ts';

const full = (detail: string) => kmsError('KMS.0308', detail);

function ofAccount(kind: string, table: string, standard: number, what: string): LimitKind {
  return {
    kind: `kms.${kind}`,
    what,
    per: 'account',
    standard,
    tables: [table],
    count: countRowsOf(table),
    refusal: full,
  };
}

/** The vendor's quota. It is taken from a counter, see quota-store.ts. */
export const keyLimit: LimitKind = {
  kind: 'kms.keys',
  what: 'keys',
  per: 'project',
  standard: 100,
  tables: ['kms_keys'],
  count: mostUsedKeys,
  refusal: (detail) => kmsError('KMS.1105', detail),
};

/** The vendor's quota. */
export const grantLimit: LimitKind = {
  kind: 'kms.grants',
  what: 'grants',
  per: 'key',
  standard: 100,
  tables: ['kms_grants', 'kms_grant_parents'],
  count: countRowsOf('kms_grants', { owner: 'key_id' }),
  refusal: (detail) => kmsError('KMS.2404', detail),
};

/** Limit on rotations on demand only: those that time starts are at least a month apart. */
export const keyVersionLimit: LimitKind = {
  kind: 'kms.key_versions',
  what: 'versions',
  per: 'key',
  standard: 1_000,
  tables: ['kms_key_versions'],
  count: mostKeyVersions,
  refusal: full,
};

export const keystoreLimit = ofAccount('keystores', 'kms_keystores', 50, 'keystores');
export const accessPointLimit = ofAccount('access_points', 'kms_access_points', 1_000, 'access points');
export const keyPolicyLimit = ofAccount('key_policies', 'kms_key_policies', 1_000, 'key policies');

/** Every table of this capability. */
export const kmsLimits: LimitDeclaration = {
  kinds: [keyLimit, keyVersionLimit, grantLimit, keystoreLimit, accessPointLimit, keyPolicyLimit],
  boundedOtherwise: {
    kms_aliases: 'at most 50 for a key',
    kms_master_keys: 'the operator’s; two at most',
    kms_private_keys: 'one or two for a CA, certificate, CSR or account',
    kms_quotas: 'one row for a project',
    kms_tags: 'at most 20 for a key',
    kms_token_private_keys: 'one for a CA in the HSM',
  },
};
