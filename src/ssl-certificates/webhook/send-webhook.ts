import { createHmac } from 'node:crypto';
import type { Outbound, OutboundAnswer } from '../../platform/outbound/index.ts';

export interface WebhookAddress {
  readonly url: string;
  /** `whsec_` and base64 for the bytes, or any other text as it is. */
  readonly secret: string;
  /** PEM; trusted instead of the public CAs. */
  readonly ca?: string;
  /** The address is from the operator's configuration: it may be in the operator's own network. */
  readonly namedByOperator?: boolean;
}

export interface WebhookMessage {
  /** The same for every attempt to send it, so that who receives it can tell. */
  readonly id: string;
  /** When it was sent, in milliseconds since 1970. */
  readonly sentMs: number;
  readonly content: unknown;
}

const timeoutMs = 30_000;

/**
 * Posts JSON that is signed as Standard Webhooks 1.0.0 has it: `webhook-id`, `webhook-timestamp` (seconds) and `webhook-signature`,
 * `v1,` and the base64 HMAC-SHA256 of id, timestamp and body, joined by periods. Throws OutboundRefused, OutboundFailed.
 */
export function sendWebhook(
  outbound: Pick<Outbound, 'request'>,
  { url, secret, ca, namedByOperator }: WebhookAddress,
  { id, sentMs, content }: WebhookMessage,
): Promise<OutboundAnswer> {
  const body = JSON.stringify(content);
  const timestamp = Math.floor(sentMs / 1_000);
  const signature = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64');
  return outbound.request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'OpenCCM',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1,${signature}`,
    },
    body,
    timeoutMs,
    ...(ca !== undefined && { ca }),
    ...(namedByOperator !== undefined && { namedByOperator }),
  });
}

function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret);
}
