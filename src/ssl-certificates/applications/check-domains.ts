import { createHash } from 'node:crypto';
import type { Transaction } from '../../platform/db/index.ts';
import { ServiceError } from '../../platform/errors.ts';
import { changeCertificate, type SslCertificate } from '../certificates/certificate-store.ts';
import { foreignText } from '../foreign-text.ts';
import { countValidationMail, uncountMail } from '../mail/mail-budget.ts';
import { isCertainlyNotSent } from '../mail/mailer.ts';
import { namesOrganization } from './application.ts';
import type { ApplicationPorts } from './application-ports.ts';
import { type ApplicationSettings, applicationSettings, checkDelayMs } from './application-settings.ts';
import { changeApplication, type StoredApplication } from './application-store.ts';
import { failApplication } from './end-application.ts';
import { challengeOf, changeValidation, type DomainValidation, listValidations } from './validation-store.ts';

/** In one step; a hundred names are not to be a hundred questions at the same time. */
const checksAtOnce = 8;
/** Characters of what is kept of it. */
const longestFailure = 1_000;

/** CHECKING_DOMAIN: what is due of its names, or its end. Answers when to look again. */
export async function checkDomains(
  ports: ApplicationPorts,
  certificate: SslCertificate,
  application: StoredApplication,
): Promise<number> {
  const settings = applicationSettings(ports.configuration);
  const validations = await listValidations(ports.database, certificate.certificate_id);
  const open = validations.filter(({ verified_at: verifiedAt }) => verifiedAt === null);
  if (open.length === 0) return allVerified(ports, certificate, settings);
  if (ports.clock.nowMs() >= application.expires_at) {
    await ports.database.transaction((transaction) =>
      failApplication(ports, transaction, certificate, application, expiryReason(open)),
    );
    return ports.clock.nowMs();
  }
  const due = open.filter((validation) => nextCheckMs(validation, settings) <= ports.clock.nowMs());
  await Promise.all(due.slice(0, checksAtOnce).map((validation) => check(ports, validation)));
  return nextLookMs(ports, application, settings);
}

async function nextLookMs(
  { database, clock }: ApplicationPorts,
  application: StoredApplication,
  settings: ApplicationSettings,
): Promise<number> {
  const validations = await listValidations(database, application.certificate_id);
  const open = validations.filter(({ verified_at: verifiedAt }) => verifiedAt === null);
  if (open.length === 0) return clock.nowMs();
  return Math.min(application.expires_at, ...open.map((each) => nextCheckMs(each, settings)));
}

function nextCheckMs(validation: DomainValidation, settings: ApplicationSettings): number {
  const { method, publication, checked_at: checkedAt, attempts } = validation;
  // The link is followed or it is not: there is nothing to look for.
  if (method === 'EMAIL' && publication === 'published') return Number.POSITIVE_INFINITY;
  return checkedAt === null ? 0 : checkedAt + checkDelayMs(settings, attempts);
}

function expiryReason(open: readonly DomainValidation[]): string {
  const [first] = open;
  const names = open.map(({ domain }) => domain).join(', ');
  const failure = first?.last_failure ? ` The last check of ${first.domain}: ${first.last_failure}` : '';
  return `The time for verification is over; not verified: ${names}.${failure}`;
}

async function allVerified(
  { database, clock }: ApplicationPorts,
  seen: SslCertificate,
  { lifetimeMs }: ApplicationSettings,
): Promise<number> {
  const nowMs = clock.nowMs();
  const isReviewed = namesOrganization(seen.type);
  await database.transaction(async (transaction) => {
    const status = isReviewed ? 'CHECKING_ORG' : 'ISSUING';
    await changeCertificate(transaction, seen, { status, updated_at: nowMs });
    // What is verified has the whole time again for being issued.
    const change = isReviewed ? { review: 'waiting' as const } : { expires_at: nowMs + lifetimeMs };
    await changeApplication(transaction, seen.certificate_id, change);
  });
  return nowMs;
}

/** Each name for itself: what one check found is durable, whatever becomes of the others. */
async function check(ports: ApplicationPorts, validation: DomainValidation): Promise<void> {
  if (validation.method === 'EMAIL') return mailLink(ports, validation);
  const challenge = challengeOf(validation);
  const failure =
    validation.publication === 'due'
      ? await failureOf(ports, validation, ports.validators.publish(challenge))
      : undefined;
  const verdict =
    failure === undefined
      ? await ports.validators.check(challenge)
      : ({ kind: 'unreachable', reason: `The record could not be written: ${failure}` } as const);
  const nowMs = ports.clock.nowMs();
  const isWritten = validation.publication !== 'none' && failure === undefined;
  // A record of ours that is not there is written again: what writes DNS zones may lose changes.
  const publication = isWritten ? (verdict.kind === 'absent' ? 'due' : 'published') : validation.publication;
  const found = verdict.kind === 'found';
  await ports.database.transaction((transaction) =>
    changeValidation(transaction, validation, {
      verified_at: found ? nowMs : null,
      checked_at: nowMs,
      attempts: validation.attempts + 1,
      last_failure: found ? null : foreignText(verdict.reason, longestFailure),
      publication,
    }),
  );
}

/** The applicant is told the message; what else the error knows, such as where a server is, is the operator's. */
async function failureOf(
  { log }: ApplicationPorts,
  { certificate_id: certificateId, domain }: DomainValidation,
  work: Promise<void>,
): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    log.warn({ error, certificateId, domain }, 'a record was not written, or a mail not sent');
    return error instanceof Error ? error.message : String(error);
  }
}

/** The token is stored before it is sent, as a hash only; a mail that may not have left is followed by another with a new one. */
async function mailLink(ports: ApplicationPorts, validation: DomainValidation): Promise<void> {
  const token = Buffer.from(ports.random.bytes(32)).toString('base64url');
  const attempts = validation.attempts + 1;
  const isStored = await ports.database.transaction(async (transaction) => {
    // The first was counted when the application began.
    const refusal = attempts > 1 ? await countAgain(ports, transaction, validation) : undefined;
    const change = { checked_at: ports.clock.nowMs(), attempts };
    if (refusal !== undefined) {
      await changeValidation(transaction, validation, { ...change, last_failure: refusal });
      return false;
    }
    return changeValidation(transaction, validation, { ...change, token_sha256: tokenDigest(token) });
  });
  if (!isStored) return;
  const mail = ports.validators.mail(challengeOf(validation), token).catch(async (error: unknown) => {
    if (isCertainlyNotSent(error))
      await ports.database.transaction((transaction) =>
        uncountMail(transaction, validation.account_id, validation.record_name),
      );
    throw error;
  });
  const failure = await failureOf(ports, validation, mail);
  await ports.database.transaction((transaction) =>
    changeValidation(
      transaction,
      { ...validation, attempts },
      failure === undefined
        ? { publication: 'published', last_failure: 'The link in the mail was not followed yet.' }
        : { last_failure: foreignText(`The mail could not be sent: ${failure}`, longestFailure) },
    ),
  );
}

/** Why another mail is not sent now; undefined if it is. */
async function countAgain(
  ports: Pick<ApplicationPorts, 'clock' | 'random'>,
  transaction: Transaction,
  { account_id: accountId, record_name: mailbox }: DomainValidation,
): Promise<string | undefined> {
  try {
    await countValidationMail(ports, transaction, accountId, mailbox);
    return undefined;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return error.detail ?? error.message;
  }
}

export function tokenDigest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
