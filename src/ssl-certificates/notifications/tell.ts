import { createHash } from 'node:crypto';
import type { Transaction } from '../../platform/db/index.ts';
import { findApplication } from '../applications/application-store.ts';
import { countNotice } from '../mail/mail-budget.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { composeNotice, type NotedCertificate, type Notice, type Occasion, occasionKey } from './notice.ts';
import { insertNotice } from './notice-store.ts';
import { addressesOf, type Recipient, recipientsOf } from './recipients.ts';

export type TellPorts = Pick<
  SslCertificatesPorts,
  'clock' | 'random' | 'identity' | 'jobs' | 'configuration' | 'mailer'
>;

/** Kind of the jobs that bring a notice to one recipient. */
export const deliveryKind = 'ssl:notice';

/** What such a job has to remember; no secret. */
export interface Delivery {
  readonly notice: Notice;
  readonly recipient: Recipient;
  readonly toldMs: number;
}

/**
 * Tells of an occasion, once: takes effect with the transaction, so what happened is told if and only if it is stored, and by one node
 * only. Nothing is sent here; a job for each recipient does, until it is taken.
 */
export async function tell(
  ports: TellPorts,
  transaction: Transaction,
  certificate: NotedCertificate,
  occasion: Occasion,
  remark?: string,
): Promise<void> {
  const { certificate_id: certificateId, account_id: accountId } = certificate;
  if (!(await recordOccasion(ports, transaction, certificate, occasion))) return;
  const { predecessor_id: predecessorId } = certificate;
  const application =
    (await findApplication(transaction, certificateId)) ??
    // The next one of a series that could not be applied for is of the people of the one before it.
    (predecessorId ? await findApplication(transaction, predecessorId) : undefined);
  const people = await withinBudget(ports, transaction, certificate, addressesOf(application?.applicant));
  const recipients = recipientsOf(ports, accountId, people);
  await scheduleDeliveries(ports, transaction, composeNotice(certificate, occasion, remark), recipients);
}

/** Tenants name these addresses, and they may be anybody's. What is not sent is in the audit trail. */
async function withinBudget(
  ports: Pick<TellPorts, 'clock' | 'random' | 'identity' | 'configuration' | 'mailer'>,
  transaction: Transaction,
  { account_id: accountId, certificate_id: resourceId }: NotedCertificate,
  addresses: readonly string[],
): Promise<string[]> {
  if (!ports.mailer || ports.configuration.notifications?.applicants === false) return [];
  const told: string[] = [];
  for (const address of new Set(addresses)) {
    const refusal = await countNotice(ports, transaction, accountId, address);
    if (refusal === undefined) told.push(address);
    else
      await ports.identity.recordAudit(transaction, ports.identity.systemActor(accountId, 'ssl-notice'), {
        action: 'scm:cert:notify',
        resourceType: 'cert',
        resourceId,
        result: 'failed',
        detail: refusal,
      });
  }
  return told;
}

/** Records an occasion; false if it was before. Alone: nobody is told of it any more. */
export function recordOccasion(
  { clock }: Pick<TellPorts, 'clock'>,
  transaction: Transaction,
  { certificate_id: certificateId, account_id: accountId }: NotedCertificate,
  occasion: Occasion,
): Promise<boolean> {
  const nowMs = clock.nowMs();
  return insertNotice(transaction, { certificateId, accountId, occasion: occasionKey(occasion), nowMs });
}

/** One job for each recipient, so that one that cannot be reached keeps nobody else waiting. */
export async function scheduleDeliveries(
  { clock, jobs }: Pick<TellPorts, 'clock' | 'jobs'>,
  transaction: Transaction,
  notice: Notice,
  recipients: readonly Recipient[],
): Promise<void> {
  const toldMs = clock.nowMs();
  for (const recipient of recipients) {
    const place = createHash('sha256').update(JSON.stringify(recipient)).digest('hex').slice(0, 16);
    const payload: Delivery = { notice, recipient, toldMs };
    await jobs.schedule(transaction, {
      kind: deliveryKind,
      key: `${notice.id}/${place}`,
      dueMs: toldMs,
      accountId: notice.accountId,
      payload,
    });
  }
}
