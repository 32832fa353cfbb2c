import { countRowsOf, type LimitDeclaration, type LimitKind } from '../iam/index.ts';
import { pcaError } from './errors.ts';
import {
  defaultQuotaLimits,
  type QuotaResource,
  readOwnQuota,
  readUsed,
  writeOwnQuota,
} from './quota-store.ts';

const full = (detail: string) => pcaError('PCA.00030001', detail);

/** Taken and shown by the vendor's quota operations, from the same numbers. */
function ofQuota(kind: string, resource: QuotaResource, table: string, what: string): LimitKind {
  return {
    kind,
    what,
    per: 'account',
    standard: defaultQuotaLimits[resource],
    tables: [table],
    count: (reader, accountId) => readUsed(reader, accountId, resource),
    refusal: full,
    ownLimit: {
      read: (reader, accountId) => readOwnQuota(reader, accountId, resource),
      write: (transaction, accountId, limit) => writeOwnQuota(transaction, accountId, resource, limit),
    },
  };
}

/** CAs that were certified from a CSR and run elsewhere: they take no place in the vendor's quota. */
export const outsideAuthorityLimit: LimitKind = {
  kind: 'pca.outside_authorities',
  what: 'CAs issued from a CSR',
  per: 'account',
  standard: 10_000,
  tables: ['certificate_authorities'],
  count: countRowsOf('certificate_authorities', { where: { gen_mode: 'CSR' } }),
  refusal: full,
};

/** Limit on purchases only: renewals that time starts are not refused. */
export const orderLimit: LimitKind = {
  kind: 'pca.orders',
  what: 'orders',
  per: 'account',
  standard: 10_000,
  tables: ['certificate_authority_orders'],
  count: countRowsOf('certificate_authority_orders'),
  refusal: full,
};

/** Every table of this capability. */
export const privateCaLimits: LimitDeclaration = {
  kinds: [
    ofQuota('pca.authorities', 'CERTIFICATE_AUTHORITY', 'certificate_authorities', 'CAs'),
    ofQuota('pca.certificates', 'CERTIFICATE', 'private_certificates', 'private certificates'),
    outsideAuthorityLimit,
    orderLimit,
  ],
  boundedOtherwise: {
    certificate_authority_shares: 'at most 100 for a CA',
    certificate_authority_subscriptions: 'one for a CA',
    issued_serials:
      'one for an issued certificate, kept when it is deleted: relying parties must learn of a revocation',
    pca_quotas: 'two rows for an account',
    pca_tags: 'at most 20 for a CA or certificate',
  },
};
