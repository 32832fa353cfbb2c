import type { Mailer } from '../mail/mailer.ts';

/** Where the links of the mails point to, below the public address; the token follows. */
export const confirmationPath = '/scm/domain-validations';

/** Sends the link by which the holder of a mailbox of the domain confirms it. Throws if the server has not taken the mail. */
export function sendConfirmation(
  mailer: Mailer,
  { to, domain, link }: { readonly to: string; readonly domain: string; readonly link: string },
): Promise<void> {
  const text = [
    `A TLS certificate for ${domain} was applied for.`,
    '',
    'If you agree, open this address and confirm there:',
    '',
    link,
    '',
    'If you do not know of the application, do nothing: without your confirmation the certificate is not issued.',
    '',
  ].join('\r\n');
  return mailer.send({ to, subject: `Confirm the certificate for ${domain}`, text });
}
