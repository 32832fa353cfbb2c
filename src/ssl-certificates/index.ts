/** How this service words what the platform and identity find: for `registerApi`. */
export { apiErrors } from './api-errors.ts';
/** What lists show of a certificate. */
export type { CertificateSummary } from './certificates/certificate-store.ts';
/** What the file of the configuration says. */
export { readSslConfiguration, type SslConfiguration } from './configuration.ts';
/** With every port given: for tests; the program opens it from its configuration. */
export { createSslCertificates, type SslCertificates } from './create-ssl-certificates.ts';
/** Limits on an account's rows of each kind. */
export { sslLimits } from './limits.ts';
/** The tables of this capability. */
export { migrations } from './migrations.ts';
export { type OpeningPorts, openSslCertificates } from './open-ssl-certificates.ts';
export type { CertificateOrders } from './orders/certificate-orders.ts';
export type { Order as CertificateOrder } from './orders/order.ts';
export type { SslCertificatesPorts } from './ports.ts';
