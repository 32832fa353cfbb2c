import type { Transaction } from '../../platform/db/index.ts';
import type { SslCertificate } from '../certificates/certificate-store.ts';
import type { SslCertificatesPorts } from '../ports.ts';

export type ApplicationPorts = Pick<
  SslCertificatesPorts,
  | 'database'
  | 'clock'
  | 'random'
  | 'log'
  | 'identity'
  | 'keyStore'
  | 'jobs'
  | 'outbound'
  | 'configuration'
  | 'issuers'
  | 'validators'
  | 'mailer'
>;

/** What else happens in the transaction in which a certificate becomes ISSUED. */
export type IssuedHook = (
  ports: SslCertificatesPorts,
  transaction: Transaction,
  certificate: SslCertificate,
) => Promise<void>;
