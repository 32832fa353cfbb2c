import type { Transaction } from '../../platform/db/index.ts';
import type { SslCertificate } from '../certificates/certificate-store.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { isRenewable, renewalSettings } from './renewal-settings.ts';

/** One job for each certificate that is to be followed; its key is the certificate's id. */
export const renewalKind = 'ssl:renewal';

/** For who stores an issued certificate: takes effect with that transaction. The next one of the series is applied for when its time comes. */
export async function scheduleRenewal(
  ports: Pick<SslCertificatesPorts, 'clock' | 'jobs' | 'configuration'>,
  transaction: Transaction,
  certificate: SslCertificate,
): Promise<void> {
  const { account_id: accountId, certificate_id: key, not_after: notAfter } = certificate;
  const settings = renewalSettings(ports.configuration);
  if (isRenewable(certificate, settings))
    await ports.jobs.schedule(transaction, {
      kind: renewalKind,
      key,
      dueMs: Math.max(notAfter - settings.leadMs, ports.clock.nowMs()),
      accountId,
    });
  // Scheduled when it was applied for, to tell that it waits.
  else await ports.jobs.cancel(transaction, renewalKind, key);
}
