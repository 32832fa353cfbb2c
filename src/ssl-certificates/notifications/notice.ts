import type { SslCertificate } from '../certificates/certificate-store.ts';

/** What can be told of a certificate. */
export type Occasion =
  | { readonly kind: 'CERT_EXPIRING'; readonly days: number }
  | { readonly kind: 'CERT_EXPIRED' }
  | { readonly kind: 'CERT_ISSUED' }
  /** `attempt`: what tells this failure from another of the same certificate, such as the row's version. */
  | { readonly kind: 'APPLICATION_FAILED'; readonly attempt: string | number; readonly reason: string }
  /** The next certificate of a series was applied for by itself, and somebody has to show that they hold its names. */
  | { readonly kind: 'RENEWAL_WAITING'; readonly reason: string }
  | { readonly kind: 'DEPLOYMENT_FAILED'; readonly attempt: string | number; readonly reason: string };

/** The columns that a notice is made of. */
export type NotedCertificate = Pick<
  SslCertificate,
  | 'certificate_id'
  | 'account_id'
  | 'name'
  | 'domain'
  | 'sans'
  | 'status'
  | 'not_after'
  | 'fingerprint'
  | 'predecessor_id'
>;

/** What is sent. */
export interface Notice {
  /** The same however often it is sent. */
  readonly id: string;
  readonly accountId: string;
  readonly subject: string;
  readonly text: string;
  /** Of the webhook's event: `certificate.expiring` and so on. */
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A certificate is told once of each: the text that `ssl_notices` keeps. */
export function occasionKey(occasion: Occasion): string {
  switch (occasion.kind) {
    case 'CERT_EXPIRING':
      return `${occasion.kind}-${occasion.days}`;
    case 'CERT_EXPIRED':
    case 'CERT_ISSUED':
    case 'RENEWAL_WAITING':
      return occasion.kind;
    case 'APPLICATION_FAILED':
    case 'DEPLOYMENT_FAILED':
      return `${occasion.kind}-${occasion.attempt}`;
  }
}

/** `remark`: one more sentence. Times are absolute: a notice may arrive days later, when a server was down. */
export function composeNotice(certificate: NotedCertificate, occasion: Occasion, remark = ''): Notice {
  const { certificate_id: certificateId, account_id: accountId } = certificate;
  const id = `${certificateId}.${occasionKey(occasion)}`;
  const { type, subject, sentence } = wordsOf(certificate, occasion);
  const names = certificate.sans === '' ? '' : `Other names: ${certificate.sans}`;
  return {
    id,
    accountId,
    subject,
    text: [
      sentence,
      remark,
      `Certificate ${certificate.name} (${certificateId}) of account ${accountId}.`,
      names,
      `Notice ${id}`,
    ]
      .filter((line) => line !== '')
      .join('\r\n'),
    type,
    data: {
      notice_id: id,
      account_id: accountId,
      certificate_id: certificateId,
      name: certificate.name,
      domain: certificate.domain,
      sans: certificate.sans,
      status: certificate.status,
      not_after: certificate.not_after === 0 ? null : new Date(certificate.not_after).toISOString(),
      fingerprint: certificate.fingerprint,
      ...detailsOf(occasion),
      text: [sentence, remark].filter((line) => line !== '').join(' '),
    },
  };
}

function detailsOf(occasion: Occasion): Readonly<Record<string, unknown>> {
  switch (occasion.kind) {
    case 'CERT_EXPIRING':
      return { days_before: occasion.days };
    case 'CERT_EXPIRED':
    case 'CERT_ISSUED':
      return {};
    case 'APPLICATION_FAILED':
    case 'RENEWAL_WAITING':
    case 'DEPLOYMENT_FAILED':
      return { reason: occasion.reason };
  }
}

function wordsOf(
  { domain, name, not_after: notAfter }: NotedCertificate,
  occasion: Occasion,
): { readonly type: string; readonly subject: string; readonly sentence: string } {
  const of = domain === '' ? name : domain;
  const end = `${new Date(notAfter).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const words = (event: string, what: string, more = '') => ({
    type: `certificate.${event}`,
    subject: `Certificate of ${of} ${what}`,
    sentence: `The certificate of ${of} ${what}.${more === '' ? '' : ` ${more}`}`,
  });
  switch (occasion.kind) {
    case 'CERT_EXPIRING':
      return words('expiring', `ends on ${end}`);
    case 'CERT_EXPIRED':
      return words('expired', `ended on ${end}`);
    case 'CERT_ISSUED':
      return words('issued', 'was issued', `It ends on ${end}.`);
    case 'APPLICATION_FAILED':
      return words('failed', 'was not issued', occasion.reason);
    case 'RENEWAL_WAITING':
      return words('renewal_waiting', 'waits to be verified', occasion.reason);
    case 'DEPLOYMENT_FAILED':
      return words('deployment_failed', 'could not be deployed', occasion.reason);
  }
}
