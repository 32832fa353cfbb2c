import type { Again, Job } from '../../jobs/index.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { ServiceError } from '../../platform/errors.ts';
import { type PreparedApplication, prepareApplication } from '../applications/prepare-application.ts';
import { repeatedApplication, submitApplication } from '../applications/submit-application.ts';
import { takeFreeCertificates } from '../certificates/account-usage-store.ts';
import { claimCertificateId } from '../certificates/certificate-id-store.ts';
import {
  changeCertificate,
  findCertificate,
  insertClaimedCertificate,
  type SslCertificate,
} from '../certificates/certificate-store.ts';
import { scmError } from '../errors.ts';
import { tell } from '../notifications/tell.ts';
import { freeCertificateLimit, freeCertificateType } from '../orders/product.ts';
import { permissions } from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { insertTags, tagsOf } from '../tags/tag-store.ts';
import { placeRenewalOrder } from './place-renewal-order.ts';
import { isRenewable, renewalSettings } from './renewal-settings.ts';
import { renewalKind } from './schedule-renewal.ts';
import { successorOf } from './successor.ts';

/** Who has to do something is told if the application is not through by itself after this. */
const waitNoticeMs = 3_600_000;
const systemWork = 'ssl-renewal';

/**
 * The handler of `ssl:renewal`. Repeatable, on any node: the next certificate, its application and the mark on the one before it are stored
 * together, and only if that one is as it was seen. Throws what cannot be asked now (key store, network), to be tried again.
 */
export async function renewCertificate(
  ports: SslCertificatesPorts,
  { key, accountId }: Pick<Job, 'key' | 'accountId'>,
): Promise<Again | undefined> {
  const certificate = await findCertificate(ports.database, accountId, key);
  if (certificate?.status !== 'ISSUED') {
    if (certificate) await tellIfWaiting(ports, certificate);
    return undefined;
  }
  const settings = renewalSettings(ports.configuration);
  if (!isRenewable(certificate, settings)) return undefined;
  const dueMs = certificate.not_after - settings.leadMs;
  if (dueMs > ports.clock.nowMs()) return { nextDueMs: dueMs };
  const prepared = await prepareNext(ports, certificate);
  await ports.database.transaction((transaction) => storeNext(ports, transaction, certificate, prepared));
  ports.jobs.wake();
  return undefined;
}

/** The application of the next one; text: why it cannot be applied for with the data of this one. */
async function prepareNext(
  ports: SslCertificatesPorts,
  certificate: SslCertificate,
): Promise<PreparedApplication | string> {
  const data = await repeatedApplication(ports.database, certificate);
  if (!data) return 'The application of the certificate before it is gone.';
  try {
    return await prepareApplication(ports, certificate, data);
  } catch (error) {
    if (error instanceof ServiceError && error.status < 500 && error.status !== 429) return error.message;
    throw error;
  }
}

async function storeNext(
  ports: SslCertificatesPorts,
  transaction: Transaction,
  seen: SslCertificate,
  prepared: PreparedApplication | string,
): Promise<void> {
  const nowMs = ports.clock.nowMs();
  const accountId = seen.account_id;
  const certificateId = await insertNext(ports, transaction, seen);
  await changeCertificate(transaction, seen, { successor_id: certificateId, remaining_count: 0 });
  const successor = (await findCertificate(transaction, accountId, certificateId))!;
  if (typeof prepared === 'string')
    await tell(ports, transaction, successor, {
      kind: 'RENEWAL_WAITING',
      reason: `It has to be applied for: ${prepared}`,
    });
  else {
    await submitApplication(ports, transaction, successor, prepared);
    const dueMs = nowMs + waitNoticeMs;
    await ports.jobs.schedule(transaction, { kind: renewalKind, key: certificateId, dueMs, accountId });
  }
  const { identity } = ports;
  await identity.recordAudit(transaction, identity.systemActor(accountId, systemWork), {
    action: permissions.applyCertificate.action,
    resourceType: 'cert',
    resourceId: certificateId,
    resourceName: seen.name,
    result: typeof prepared === 'string' ? 'failed' : 'success',
    detail: `follows ${seen.certificate_id}${typeof prepared === 'string' ? `: ${prepared}` : ''}`,
  });
}

/** Paid for with the series, or by an order of its own. Throws SCM.0011, until the account has fewer free certificates. */
async function insertNext(
  ports: SslCertificatesPorts,
  transaction: Transaction,
  seen: SslCertificate,
): Promise<string> {
  const accountId = seen.account_id;
  const isOfSeries = seen.remaining_count > 0;
  if (seen.type === freeCertificateType) {
    // What was bought is the account's, however many there are.
    const limit = isOfSeries ? Number.MAX_SAFE_INTEGER : freeCertificateLimit;
    if (!(await takeFreeCertificates(transaction, accountId, { amount: 1, limit })))
      throw scmError('SCM.0011', `An account has at most ${freeCertificateLimit} of them.`);
  }
  const orderOfSeries = isOfSeries && seen.order_id !== null ? { orderId: seen.order_id } : {};
  const certificateId = await claimCertificateId(transaction, {
    accountId,
    fromMs: ports.clock.nowMs(),
    ...orderOfSeries,
  });
  const tags = await tagsOf(transaction, seen.certificate_id);
  const orderId = isOfSeries
    ? seen.order_id
    : await placeRenewalOrder(ports, transaction, seen, { certificateId, tags });
  await insertClaimedCertificate(transaction, certificateId, successorOf(ports, seen, orderId));
  await insertTags(transaction, { certificateId, accountId }, tags);
  return certificateId;
}

/** A certificate that was applied for by itself and still waits: nobody looks at it unless told. */
async function tellIfWaiting(ports: SslCertificatesPorts, { account_id, certificate_id }: SslCertificate) {
  await ports.database.transaction(async (transaction) => {
    const certificate = await findCertificate(transaction, account_id, certificate_id);
    const reason = certificate && waitingFor(certificate);
    if (reason) await tell(ports, transaction, certificate, { kind: 'RENEWAL_WAITING', reason });
  });
}

function waitingFor({ status, predecessor_id: predecessorId }: SslCertificate): string | undefined {
  const follows = `It follows ${predecessorId}.`;
  switch (status) {
    case 'CHECKING_DOMAIN':
      return `${follows} Its names have to be verified: the records, files or mails are in its details.`;
    case 'CHECKING_ORG':
      return `${follows} The organization has to be reviewed.`;
    case 'CHECKING':
    case 'ISSUING':
      return `${follows} The issuer has not answered yet.`;
    case 'PAID':
    case 'ISSUED':
    case 'CANCELCHECKING':
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
