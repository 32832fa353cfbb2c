import type { Again, Job } from '../../jobs/index.ts';
import { ServiceError } from '../../platform/errors.ts';
import {
  changeCertificate,
  findCertificate,
  type SslCertificate,
} from '../certificates/certificate-store.ts';
import { isMailsExhausted } from '../errors.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { issuerRequest } from './application.ts';
import type { ApplicationPorts, IssuedHook } from './application-ports.ts';
import { applicationSettings } from './application-settings.ts';
import { changeApplication, findApplication, type StoredApplication } from './application-store.ts';
import { askToBegin, type Beginning, storeBeginning } from './begin-application.ts';
import { checkDomains } from './check-domains.ts';
import { failApplication, forgetApplication, unreachedIssuer } from './end-application.ts';
import { issueApplication } from './issue-application.ts';

/** Few jobs of an account run at a time, and names whose servers do not answer take long: after this others have their turn. */
const turnMs = 5_000;

/** The handler of `ssl:application`: goes on until there is something to wait for. */
export async function runApplication(
  ports: SslCertificatesPorts,
  hooks: readonly IssuedHook[],
  { accountId, key }: Pick<Job, 'accountId' | 'key'>,
): Promise<Again | undefined> {
  const startedMs = ports.clock.nowMs();
  for (;;) {
    const nextMs = await advanceApplication(ports, hooks, accountId, key);
    if (nextMs === undefined) return undefined;
    const nowMs = ports.clock.nowMs();
    if (nextMs > nowMs || nowMs - startedMs > turnMs) return { nextDueMs: Math.max(nextMs, nowMs) };
  }
}

/**
 * Looks at the state of an application and takes the one step that it calls for: everything a step does outside the database may be done
 * again, and its outcome is stored only if the certificate is as it was seen. Answers when the next step is due, undefined for never (until
 * somebody does something). Throws what an issuer throws; then the step is to be taken again.
 */
export async function advanceApplication(
  ports: SslCertificatesPorts,
  hooks: readonly IssuedHook[],
  accountId: string,
  certificateId: string,
): Promise<number | undefined> {
  const certificate = await findCertificate(ports.database, accountId, certificateId);
  const application = certificate && (await findApplication(ports.database, certificateId));
  if (!application) return undefined;
  try {
    return await step(ports, hooks, certificate, application);
  } catch (error) {
    if (!(error instanceof ServiceError && error.code === 'SCM.0010')) throw error;
    // Changed while the step was taken, such as by its cancellation: the step that is right now is another.
    const changed = await findCertificate(ports.database, accountId, certificateId);
    if (changed?.version !== certificate.version) return ports.clock.nowMs();
    throw error;
  }
}

function step(
  ports: SslCertificatesPorts,
  hooks: readonly IssuedHook[],
  certificate: SslCertificate,
  application: StoredApplication,
): Promise<number | undefined> | undefined {
  switch (certificate.status) {
    case 'CHECKING':
      return begin(ports, certificate, application);
    case 'CHECKING_DOMAIN':
      return checkDomains(ports, certificate, application);
    case 'CHECKING_ORG':
      return reviewByConfiguration(ports, certificate, application);
    case 'ISSUING':
      return issueApplication(ports, hooks, certificate, application);
    case 'CANCELCHECKING':
      return finishCancellation(ports, certificate, application);
    case 'PAID':
    case 'ISSUED':
    case 'UNPASSED':
    case 'REVOKING':
    case 'CANCLEREVOKING':
    case 'REVOKED':
    case 'UPLOAD':
    case 'SUPPLEMENTCHECKING':
    case 'CANCELSUPPLEMENTING':
      return undefined;
  }
}

async function begin(
  ports: ApplicationPorts,
  certificate: SslCertificate,
  application: StoredApplication,
): Promise<number | undefined> {
  const beginning = await beginUntilExpiry(ports, certificate, application);
  const fail = (reason: string) =>
    ports.database.transaction((transaction) =>
      failApplication(ports, transaction, certificate, application, reason),
    );
  if (beginning.kind === 'refused') await fail(beginning.reason);
  else {
    const { database } = ports;
    await database
      .transaction((transaction) => storeBeginning(ports, transaction, certificate, application, beginning))
      .catch((error: unknown) => {
        if (!isMailsExhausted(error)) throw error;
        return fail(error.message);
      });
  }
  return ports.clock.nowMs();
}

async function beginUntilExpiry(
  ports: ApplicationPorts,
  certificate: SslCertificate,
  application: StoredApplication,
): Promise<Beginning> {
  try {
    return await askToBegin(ports, issuerRequest(certificate, application));
  } catch (error) {
    if (ports.clock.nowMs() < application.expires_at) throw error;
    const reason = unreachedIssuer(ports, certificate.certificate_id, error);
    return { kind: 'refused', reason };
  }
}

/** CHECKING_ORG → ISSUING where nobody reviews organisations; else it waits for `reviewApplication`. */
async function reviewByConfiguration(
  { database, clock, configuration }: ApplicationPorts,
  seen: SslCertificate,
  application: StoredApplication,
): Promise<number | undefined> {
  const { isReviewAutomatic, lifetimeMs } = applicationSettings(configuration);
  if (!isReviewAutomatic || application.review !== 'waiting') return undefined;
  const nowMs = clock.nowMs();
  await database.transaction(async (transaction) => {
    await changeCertificate(transaction, seen, { status: 'ISSUING', updated_at: nowMs });
    const change = { review: 'approved', expires_at: nowMs + lifetimeMs } as const;
    await changeApplication(transaction, seen.certificate_id, change);
  });
  return nowMs;
}

/** CANCELCHECKING → PAID. The issuer is told, but its silence does not keep the certificate from being applied for again. */
async function finishCancellation(
  ports: ApplicationPorts,
  certificate: SslCertificate,
  application: StoredApplication,
): Promise<undefined> {
  const issuer = application.issuer === null ? undefined : ports.issuers.named(application.issuer);
  try {
    await issuer?.abandon(issuerRequest(certificate, application), application.issuer_state ?? '');
  } catch (error) {
    if (ports.clock.nowMs() < application.expires_at) throw error;
    ports.log.error(
      { error, certificateId: certificate.certificate_id },
      'an issuer was not told of a cancellation',
    );
  }
  await ports.database.transaction((transaction) =>
    forgetApplication(ports, transaction, certificate, application),
  );
}
