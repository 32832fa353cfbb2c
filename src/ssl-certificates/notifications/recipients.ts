import type { SslConfiguration } from '../configuration.ts';
import { isOneAddress } from '../mail/mailer.ts';

/** Where a notice goes. */
export type Recipient =
  | { readonly kind: 'mail'; readonly address: string }
  | { readonly kind: 'webhook'; readonly url: string };

const defaultDays = [30, 15, 7, 3, 1];

/** Days before the end of a certificate at which it is told, the most first. */
export function daysBefore({ notifications = {} }: SslConfiguration): readonly number[] {
  return (notifications.days_before ?? defaultDays).toSorted((a, b) => b - a);
}

/**
 * Who is told of what happens in this account: those of the configuration, and the people of the application. Each once. Without an
 * SMTP server nobody is told by mail.
 */
export function recipientsOf(
  {
    configuration,
    mailer,
  }: { readonly configuration: SslConfiguration; readonly mailer: object | undefined },
  accountId: string,
  applicants: readonly string[],
): Recipient[] {
  const { applicants: areTold = true, emails = [], webhooks = [] } = configuration.notifications ?? {};
  const isConcerned = (entry: { account_id?: string }) =>
    entry.account_id === undefined || entry.account_id === accountId;
  const addresses = mailer
    ? [...emails.filter(isConcerned).map(({ address }) => address), ...(areTold ? applicants : [])]
    : [];
  const urls = webhooks.filter(isConcerned).map(({ url }) => url);
  return [
    ...[...new Set(addresses)].map((address) => ({ kind: 'mail', address }) as const),
    ...[...new Set(urls)].map((url) => ({ kind: 'webhook', url }) as const),
  ];
}

/** The addresses in an application as it is stored; what it has instead of one is left out. */
export function addressesOf(applicant: string | undefined): string[] {
  if (applicant === undefined) return [];
  const { applicant_email, contact_email } = JSON.parse(applicant) as Partial<Record<string, unknown>>;
  return [applicant_email, contact_email].filter(
    (address): address is string => typeof address === 'string' && isOneAddress(address),
  );
}
