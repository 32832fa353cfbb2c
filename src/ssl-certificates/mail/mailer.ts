/** Sends mail. */
export interface Mailer {
  /** Resolves once the SMTP server has taken it; throws if it has not. */
  send(mail: { readonly to: string; readonly subject: string; readonly text: string }): Promise<void>;
}
