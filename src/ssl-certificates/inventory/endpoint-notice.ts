import type { Transaction } from '../../platform/db/index.ts';
import type { Notice } from '../notifications/notice.ts';
import { recipientsOf } from '../notifications/recipients.ts';
import { scheduleDeliveries, type TellPorts } from '../notifications/tell.ts';
import type { Endpoint } from './endpoint-store.ts';

const dayMs = 86_400_000;
/** Stands among the days before expiry that were told. */
const ended = 0;

/** Days before the end, 0 for the end itself, if that is to be told of this endpoint's certificate now and was not yet. */
export function dueNotice(
  { not_after: notAfter, notified }: Pick<Endpoint, 'not_after' | 'notified'>,
  nowMs: number,
  days: readonly number[],
): number | undefined {
  if (notAfter === null) return undefined;
  const due = notAfter <= nowMs ? ended : days.findLast((each) => notAfter - nowMs <= each * dayMs);
  return due === undefined || toldOf(notified).includes(due) ? undefined : due;
}

function toldOf(notified: string): readonly number[] {
  return JSON.parse(notified) as number[];
}

/** What `notified` is after that was told. */
export function withTold(notified: string, days: number): string {
  return JSON.stringify([...toldOf(notified), days]);
}

/** Takes effect with the transaction that writes down that it was told. */
export function tellOfEndpoint(
  ports: Pick<TellPorts, 'clock' | 'jobs' | 'configuration' | 'mailer'>,
  transaction: Transaction,
  endpoint: Endpoint,
  days: number,
): Promise<void> {
  const notice = composeNotice(endpoint, days);
  return scheduleDeliveries(ports, transaction, notice, recipientsOf(ports, endpoint.account_id, []));
}

function composeNotice(endpoint: Endpoint, days: number): Notice {
  const { endpoint_id: endpointId, account_id: accountId, host, port, fingerprint } = endpoint;
  const place = `${host}:${port}`;
  const end = new Date(endpoint.not_after ?? 0).toISOString();
  const what = `${days === ended ? 'ended' : 'ends'} on ${end.slice(0, 19).replace('T', ' ')} UTC`;
  const id = `${endpointId}.${fingerprint}.${days === ended ? 'EXPIRED' : `EXPIRING-${days}`}`;
  const text = `The certificate that ${place} serves ${what}.`;
  return {
    id,
    accountId,
    subject: `Certificate that ${place} serves ${what}`,
    text: [
      text,
      `Subject: ${endpoint.subject}`,
      `SHA-1 fingerprint: ${fingerprint}`,
      `Endpoint ${endpointId} of account ${accountId}.`,
      `Notice ${id}`,
    ].join('\r\n'),
    type: days === ended ? 'endpoint.expired' : 'endpoint.expiring',
    data: {
      notice_id: id,
      account_id: accountId,
      endpoint_id: endpointId,
      host,
      port,
      server_name: endpoint.server_name,
      subject: endpoint.subject,
      fingerprint,
      not_after: end,
      ...(days !== ended && { days_before: days }),
      text,
    },
  };
}
