import type { SslCertificatesPorts } from '../ports.ts';

export type CsrPorts = Pick<SslCertificatesPorts, 'database' | 'clock' | 'random' | 'identity' | 'keyStore'>;
