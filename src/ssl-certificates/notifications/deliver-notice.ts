import type { JobHandler } from '../../jobs/index.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { readSecret } from '../secret-setting.ts';
import { readCa } from '../targets/configured-ca.ts';
import { sendWebhook, type WebhookAddress } from '../webhook/send-webhook.ts';
import { createPauses } from './pauses.ts';
import type { Recipient } from './recipients.ts';
import type { Delivery } from './tell.ts';

type Ports = Pick<
  SslCertificatesPorts,
  'clock' | 'machineClock' | 'log' | 'outbound' | 'configuration' | 'mailer'
>;

/** What nobody took for so long is told no more: an address that never existed would be tried for ever. */
const givenUpAfterMs = 30 * 86_400_000;

/**
 * Brings one notice to one recipient. It is sent at least once: who dies between sending and recording sends again, under the same
 * id, by which recipients can tell. Throws StartRefused for a secret or CA file of the configuration that cannot be read.
 */
export function createDelivery(ports: Ports): JobHandler {
  const { clock, log } = ports;
  const webhooks = readWebhooks(ports.configuration);
  const pauses = createPauses(clock);
  return async ({ payload }) => {
    const { notice, recipient, toldMs } = payload as Delivery;
    const place = recipient.kind === 'mail' ? 'mail' : recipient.url;
    const pausedUntilMs = pauses.until(place);
    if (pausedUntilMs !== undefined) return { nextDueMs: pausedUntilMs };
    try {
      await send(ports, webhooks, { notice, recipient, toldMs });
      pauses.succeeded(place);
    } catch (error) {
      // A recipient that the SMTP server does not take, for now or for good, says nothing of the server: tenants name recipients.
      if (!isAnswered(error)) pauses.failed(place);
      if (clock.nowMs() - toldMs < givenUpAfterMs) throw error;
      log.error({ error, notice: notice.id, place }, 'a notice could not be delivered and is given up');
    }
    return undefined;
  };
}

function readWebhooks({ notifications = {} }: Ports['configuration']): ReadonlyMap<string, WebhookAddress> {
  return new Map(
    (notifications.webhooks ?? []).map(({ url, secret, ca }) => [
      url,
      { url, secret: readSecret(secret), namedByOperator: true, ...readCa(ca) },
    ]),
  );
}

async function send(
  { mailer, outbound, machineClock, log }: Ports,
  webhooks: ReadonlyMap<string, WebhookAddress>,
  { notice, recipient, toldMs }: Delivery,
): Promise<void> {
  const { id, type, data, subject, text } = notice;
  const dropped = () =>
    log.warn(
      { notice: id, recipient: placeOf(recipient) },
      'a notice has a recipient that is configured no more',
    );
  switch (recipient.kind) {
    case 'mail':
      return mailer ? mailer.send({ to: recipient.address, subject, text }) : dropped();
    case 'webhook': {
      const address = webhooks.get(recipient.url);
      if (!address) return dropped();
      const content = { type, timestamp: new Date(toldMs).toISOString(), data };
      // The machine's own time: receivers refuse what was signed at another time than theirs.
      const { status } = await sendWebhook(outbound, address, { id, sentMs: machineClock.nowMs(), content });
      if (status < 200 || status > 299) throw new Error(`the webhook answered ${status}`);
    }
  }
}

function placeOf(recipient: Recipient): string {
  return recipient.kind === 'mail' ? recipient.address : recipient.url;
}

/** By the SMTP server, and not that it is about to close (RFC 5321 §3.8). */
function isAnswered(error: unknown): boolean {
  if (!(error instanceof Error && 'responseCode' in error)) return false;
  return typeof error.responseCode === 'number' && error.responseCode !== 421;
}
