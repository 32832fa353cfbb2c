import type { Outbound, OutboundRequest } from '../../platform/outbound/index.ts';
import type { Mailer } from '../mail/mailer.ts';

export const dayMs = 86_400_000;
export const hourMs = 3_600_000;

export interface SentMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** A mailer that keeps what it is given, and fails as long as `failure` is set. */
export function mailbox(): Mailer & { readonly mails: SentMail[]; failure: Error | undefined } {
  const mails: SentMail[] = [];
  return {
    mails,
    failure: undefined,
    async send(mail) {
      if (this.failure) throw this.failure;
      mails.push(mail);
    },
  };
}

export interface ReceivedEvent {
  readonly url: string;
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** The other side of webhooks: answers `status` and keeps what it was sent, whatever it answers. */
export function receiver() {
  const events: ReceivedEvent[] = [];
  const answer = { status: 204 };
  const notExpected = (): never => {
    throw new Error('only requests were expected');
  };
  const outbound: Outbound = {
    async request(url: string, { headers = {}, body = '' }: OutboundRequest = {}) {
      events.push({ url, headers, id: headers['webhook-id'] ?? '', text: String(body) });
      return { status: answer.status, headers: {}, body: new Uint8Array() };
    },
    addresses: notExpected,
    lookup: notExpected,
  };
  return { events, answer, outbound };
}
