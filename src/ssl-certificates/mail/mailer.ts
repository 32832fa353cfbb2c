/** Sends mail. */
export interface Mailer {
  /** Resolves once the SMTP server has taken it; throws if it has not. */
  send(mail: { readonly to: string; readonly subject: string; readonly text: string }): Promise<void>;
}

const notSentCodes = new Set(['ECONNECTION', 'ECONNREFUSED', 'EDNS', 'ETLS', 'EAUTH', 'EENVELOPE']);

/** Reports whether a failure of `send` shows that nobody got the mail. After a silence it may have arrived. */
export function isCertainlyNotSent(error: unknown): boolean {
  const { code, responseCode } = error as { readonly code?: unknown; readonly responseCode?: unknown };
  return typeof responseCode === 'number' || (typeof code === 'string' && notSentCodes.has(code));
}

/** One address (RFC 5321 §4.1.2) without quoting: what could be read as a list, a name or a further header is none. */
const oneAddress = /^[^\s<>()[\]\\,;:"@\p{Cc}]+@[^\s<>()\\,;:"@\p{Cc}]+$/u;
const longestAddress = 254;

/** Whether a mail can be sent there. */
export function isOneAddress(text: string): boolean {
  return text.length <= longestAddress && oneAddress.test(text);
}
