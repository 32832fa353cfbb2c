import { changeCertificate, type SslCertificate } from '../certificates/certificate-store.ts';
import type { CertificateApplication, Issuance, IssuedSslCertificate } from '../issuers/issuer.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { type AcceptedCertificate, acceptCertificate } from './accept-certificate.ts';
import { issuerRequest } from './application.ts';
import type { ApplicationPorts, IssuedHook } from './application-ports.ts';
import { changeApplication, type StoredApplication } from './application-store.ts';
import { failApplication, recordOutcome, unreachedIssuer } from './end-application.ts';
import { scheduleWithdrawals } from './withdraw-records.ts';

/** ISSUING: asks the issuer. Answers when to look again, undefined for no more. Throws what the issuer throws, until the time is over. */
export async function issueApplication(
  ports: SslCertificatesPorts,
  hooks: readonly IssuedHook[],
  certificate: SslCertificate,
  application: StoredApplication,
): Promise<number | undefined> {
  const request = issuerRequest(certificate, application);
  const answer = await ask(ports, request, application);
  const nowMs = ports.clock.nowMs();
  switch (answer.kind) {
    case 'pending':
      if (nowMs < application.expires_at) return remember(ports, certificate, answer);
      await ports.database.transaction((transaction) =>
        failApplication(ports, transaction, certificate, application, 'The issuer did not issue it in time.'),
      );
      return undefined;
    case 'refused':
      await ports.database.transaction((transaction) =>
        failApplication(ports, transaction, certificate, application, answer.reason),
      );
      return undefined;
    case 'issued': {
      const accepted = await acceptCertificate(request, answer, nowMs);
      if ('problem' in accepted) {
        const reason = `The issuer sent a certificate that is not what was applied for: ${accepted.problem}.`;
        ports.log.error(
          { certificateId: certificate.certificate_id, reason },
          'a certificate was not accepted',
        );
        await ports.database.transaction((transaction) =>
          failApplication(ports, transaction, certificate, application, reason),
        );
        return undefined;
      }
      await store(ports, hooks, { certificate, application, answer, accepted });
      ports.jobs.wake();
      return undefined;
    }
  }
}

async function ask(
  { issuers, clock, log }: Pick<ApplicationPorts, 'issuers' | 'clock' | 'log'>,
  request: CertificateApplication,
  application: StoredApplication,
): Promise<Issuance> {
  const issuer = application.issuer === null ? undefined : issuers.named(application.issuer);
  if (!issuer)
    return {
      kind: 'refused',
      reason: `The issuer ${application.issuer} was removed from the configuration; apply again.`,
    };
  try {
    return await issuer.issue(request, application.issuer_state ?? '');
  } catch (error) {
    if (clock.nowMs() < application.expires_at) throw error;
    return { kind: 'refused', reason: unreachedIssuer({ log }, application.certificate_id, error) };
  }
}

/** What the issuer has in hand is asked for again with what it said last. */
async function remember(
  { database, clock }: Pick<ApplicationPorts, 'database' | 'clock'>,
  seen: SslCertificate,
  { state, retryAfterMs }: Extract<Issuance, { kind: 'pending' }>,
): Promise<number> {
  await database.transaction(async (transaction) => {
    await changeCertificate(transaction, seen, {});
    await changeApplication(transaction, seen.certificate_id, { issuer_state: state });
  });
  return clock.nowMs() + Math.max(retryAfterMs, 1_000);
}

/** ISSUING → ISSUED: the certificate, its keys, the issuer's books and what follows from it are durable together or not at all. */
async function store(
  ports: SslCertificatesPorts,
  hooks: readonly IssuedHook[],
  issued: {
    readonly certificate: SslCertificate;
    readonly application: StoredApplication;
    readonly answer: IssuedSslCertificate;
    readonly accepted: AcceptedCertificate;
  },
): Promise<void> {
  const { certificate: seen, application, answer, accepted } = issued;
  const { encryption } = answer;
  const nowMs = ports.clock.nowMs();
  await ports.database.transaction(async (transaction) => {
    const certificate = await changeCertificate(transaction, seen, {
      ...accepted,
      status: 'ISSUED',
      issued_at: nowMs,
      updated_at: nowMs,
      key_algorithm: application.key_algorithm,
      key_id: application.key_id,
      issuer: application.issuer,
      issuer_reference: answer.reference,
      enc_certificate_der: encryption?.certificateDer ?? null,
      enc_key_id: encryption?.key.keyId ?? null,
      enc_key_envelope: encryption?.envelope ?? null,
    });
    if (encryption) await ports.keyStore.save(transaction, encryption.key);
    await answer.record?.(transaction);
    await scheduleWithdrawals(ports, transaction, certificate);
    for (const hook of hooks) await hook(ports, transaction, certificate);
    await recordOutcome(ports, transaction, certificate, 'success', `issued by ${application.issuer}`);
  });
}
