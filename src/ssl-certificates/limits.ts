import { countRowsOf, type LimitDeclaration, type LimitKind } from '../iam/index.ts';
import { countCertificates } from './certificates/certificate-count-store.ts';
import type { SslConfiguration } from './configuration.ts';
import { scmError } from './errors.ts';
import { inventorySettings } from './inventory/inventory-configuration.ts';

const full = (detail: string) => scmError('SCM.0025', detail);

interface Declared extends Pick<LimitKind, 'what' | 'standard' | 'tables' | 'count'> {
  readonly per?: string;
}

function limit(kind: string, declared: Declared): LimitKind {
  return { kind: `scm.${kind}`, per: 'account', refusal: full, ...declared };
}

/** All there are, whatever their status: bought, issued and imported. */
export const certificateLimit = limit('certificates', {
  what: 'certificates',
  standard: 100_000,
  tables: ['ssl_certificates', 'ssl_certificate_listings'],
  count: (reader, accountId) => countCertificates(reader, accountId),
});

/** Bought and not applied for. Renewals that time starts are not refused for it. */
export const unusedCertificateLimit = limit('unused_certificates', {
  what: 'bought certificates that are not applied for yet',
  standard: 500,
  tables: ['ssl_certificates'],
  count: (reader, accountId) => countCertificates(reader, accountId, 'PAID'),
});

export const unpaidOrderLimit = limit('unpaid_orders', {
  what: 'orders that wait for payment',
  standard: 100,
  tables: ['ssl_orders', 'ssl_certificate_ids'],
  count: countRowsOf('ssl_orders', { where: { paid_at: null } }),
});

export const orderLimit = limit('orders', {
  what: 'orders',
  standard: 20_000,
  tables: ['ssl_orders'],
  count: countRowsOf('ssl_orders'),
});

export const csrLimit = limit('csrs', {
  what: 'CSRs',
  standard: 5_000,
  tables: ['ssl_csrs'],
  count: countRowsOf('ssl_csrs'),
});

/** Mails to addresses that the account names, within 24 hours: see mail/mail-budget.ts. */
export const mailLimit = limit('mails', {
  what: 'mails within 24 hours',
  standard: 2_000,
  tables: ['ssl_counted_mails'],
  count: countRowsOf('ssl_counted_mails'),
});

export const mailDomainLimit = limit('mails_to_domain', {
  what: 'validation mails within 24 hours',
  per: 'domain',
  standard: 50,
  tables: ['ssl_counted_mails'],
  count: countRowsOf('ssl_counted_mails', { owner: 'domain', where: { purpose: 'validation' } }),
});

export const mailboxLimit = limit('mails_to_mailbox', {
  what: 'validation mails within 24 hours',
  per: 'mailbox',
  standard: 5,
  tables: ['ssl_counted_mails'],
  count: countRowsOf('ssl_counted_mails', { owner: 'mailbox', where: { purpose: 'validation' } }),
});

export const noticeLimit = limit('notices_to_mailbox', {
  what: 'notices within 24 hours',
  per: 'mailbox',
  standard: 200,
  tables: ['ssl_counted_mails'],
  count: countRowsOf('ssl_counted_mails', { owner: 'mailbox', where: { purpose: 'notice' } }),
});

export const deploymentLimit = limit('deployments', {
  what: 'places that it is deployed to',
  per: 'certificate',
  standard: 500,
  tables: ['ssl_deployments', 'ssl_redeployments'],
  count: countRowsOf('ssl_deployments', { owner: 'certificate_id' }),
});

export function endpointLimit(configuration: SslConfiguration): LimitKind {
  return limit('endpoints', {
    what: 'watched endpoints',
    standard: inventorySettings(configuration).mostEndpoints,
    tables: ['ssl_watched_endpoints'],
    count: countRowsOf('ssl_watched_endpoints'),
  });
}

/** Every table of this capability. */
export function sslLimits(configuration: SslConfiguration): LimitDeclaration {
  return {
    kinds: [
      certificateLimit,
      unusedCertificateLimit,
      unpaidOrderLimit,
      orderLimit,
      csrLimit,
      deploymentLimit,
      mailLimit,
      mailDomainLimit,
      mailboxLimit,
      noticeLimit,
      endpointLimit(configuration),
    ],
    boundedOtherwise: {
      ssl_account_usage: 'one row for an account',
      ssl_applications: 'one for a certificate',
      ssl_certificate_counts: 'one for an enterprise project and status',
      ssl_certificate_tags: 'at most 20 for a certificate',
      ssl_deployment_leases: 'one for a place while something is deployed there',
      ssl_domain_validations: 'one for a name of an application; names were bought',
      ssl_issuer_states: 'one for an issuer of the configuration',
      ssl_notices: 'one for a certificate and occasion',
    },
  };
}
