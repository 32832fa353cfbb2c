import type { JobWork } from '../jobs/index.ts';
import type { ApiPlugin } from '../platform/http/index.ts';
import { authorityRoutes } from './authorities/authority-routes.ts';
import { carryOutDeletion, scheduledDeletionKind } from './authorities/scheduled-deletion.ts';
import { type AuthorityRecords, createAuthorityRecords } from './authority-records.ts';
import { certificateRoutes } from './certificates/certificate-routes.ts';
import { Issuers } from './issuer.ts';
import { type AuthorityOrders, createAuthorityOrders } from './orders/authority-orders.ts';
import { carryOutEnd } from './orders/end-subscription.ts';
import { subscriptionEndKind } from './orders/subscription.ts';
import { policyRoutes } from './policy/policy-routes.ts';
import type { PrivateCaPorts } from './ports.ts';
import { defaultQuotaLimits, type QuotaLimits, QuotaStore } from './quota-store.ts';
import {
  createServerCertificates,
  type ServerCertificates,
} from './server-certificates/server-certificates.ts';
import { issuedRoutes } from './sharing/issued-routes.ts';
import { shareRoutes } from './sharing/share-routes.ts';
import { siteFeatureRoutes } from './site-features.ts';
import { tagRoutes } from './tags/tag-routes.ts';

/** How this service words what the platform and identity find: for `registerApi`. */
export { apiErrors } from './api-errors.ts';
export type { AuthorityRecords, SerialStatus, SpeakingAuthority } from './authority-records.ts';
export type { CertificateAuthority } from './ca.ts';
export type { SentCrlConfiguration } from './crl-configuration.ts';
export { noCrl, withOwnCrlFile } from './crl-configuration.ts';
/** Rows that need a bucket, and the agency through which the service writes into it. */
export { crlUsers } from './crl-users-store.ts';
/** The service's errors, for capabilities that answer in its API. */
export { pcaError } from './errors.ts';
/** Limits on an account's rows of each kind. */
export { privateCaLimits } from './limits.ts';
/** The tables of this capability. */
export { migrations } from './migrations.ts';
export type { AuthorityOrders } from './orders/authority-orders.ts';
export { billingPermissions } from './orders/billing-permissions.ts';
export { type AuthorityOrder, firstEnd } from './orders/order.ts';
/** What the operator charges; nothing unless given. */
export { noPrices, type Prices } from './orders/prices.ts';
export { NotSubscribed } from './orders/subscription.ts';
export type { SubscribedAuthority } from './orders/subscription-store.ts';
export type { PrivateCaPorts } from './ports.ts';
/** How many CAs and certificates every account may have; the reference's 100 and 100 000. */
export { defaultQuotaLimits, type QuotaLimits } from './quota-store.ts';
export { idField, type RevocationReason } from './request-fields.ts';
export type { CrlConfiguration, RevocationPort, StatusChange } from './revocation-port.ts';
export type { IssuedServerCertificate } from './server-certificates/issue-server-certificate.ts';
export type { ServerCertificates } from './server-certificates/server-certificates.ts';
/** Verifies every CA of the database, as a check of it or of a backup. */
export { verifyAuthorities } from './verify-authorities.ts';

export interface PrivateCa {
  /** The API of reference 4.2.1, 4.2.2, 4.2.4 and 4.2.6. */
  readonly routes: ApiPlugin;
  /** What revocation stands on. */
  readonly records: AuthorityRecords;
  /** CAs as issuers of what another capability keeps. */
  readonly serverCertificates: ServerCertificates;
  /** What was bought, and its end. */
  readonly orders: AuthorityOrders;
  /** What time starts here, by kind: to be given to `jobs.handle` before the jobs start. */
  readonly jobHandlers: Readonly<Record<string, JobWork>>;
}

/** Private certificate authorities and the certificates they issue. `quotas`: limits of an account without limits of its own. */
export function createPrivateCa({
  quotas = defaultQuotaLimits,
  ...given
}: Omit<PrivateCaPorts, 'quotas'> & { readonly quotas?: QuotaLimits }): PrivateCa {
  const ports = { ...given, quotas: new QuotaStore(quotas), issuers: new Issuers(given) };
  return {
    records: createAuthorityRecords(ports),
    routes: (api) => {
      authorityRoutes(ports)(api);
      certificateRoutes(ports)(api);
      tagRoutes(ports)(api);
      siteFeatureRoutes(ports)(api);
      policyRoutes(ports)(api);
      shareRoutes(ports)(api);
      issuedRoutes(ports)(api);
    },
    serverCertificates: createServerCertificates(ports),
    orders: createAuthorityOrders(ports),
    jobHandlers: {
      [scheduledDeletionKind]: (job) => carryOutDeletion(ports, job),
      [subscriptionEndKind]: (job) => carryOutEnd(ports, job),
    },
  };
}
