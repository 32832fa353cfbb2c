import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import { StartRefused } from '../../platform/start-refused.ts';
import { readSecret } from '../secret-setting.ts';
import type { MailConfiguration } from './mail-configuration.ts';
import { isOneAddress, type Mailer } from './mailer.ts';

const standardPorts = { implicit: 465, starttls: 587, none: 25 } as const;
/** Of each step with a server that says nothing: to connect, to greet, to answer. */
const silenceMs = 15_000;

/**
 * A mailer on the operator's SMTP server. It does not ask the guard of outbound connections: nobody but the operator names the
 * server, which as a rule is in the operator's own network. Throws StartRefused for settings that cannot be.
 */
export function createMailer(settings: MailConfiguration): Mailer {
  const { host, tls = 'starttls', from } = settings;
  const transport = createTransport({
    host,
    port: settings.port ?? standardPorts[tls],
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...credentialsOf(settings, tls),
    ...(settings.ca_file === undefined ? {} : { tls: { ca: readCa(settings.ca_file) } }),
    connectionTimeout: silenceMs,
    greetingTimeout: silenceMs,
    socketTimeout: silenceMs,
    // A mail is what it says: never a file or an address that a text points to.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, subject, text }) {
      if (!isOneAddress(to)) throw new Error('the mail is not sent: its recipient is not one address');
      if (/\p{Cc}/u.test(subject)) throw new Error('the mail is not sent: its subject is not one line');
      const mail = {
        from,
        // As an object it is taken as it is; as a text it would be read as a list.
        to: { name: '', address: to },
        subject,
        text,
        // RFC 3834 §5: no answering machine answers.
        headers: { 'Auto-Submitted': 'auto-generated' },
      };
      await transport.sendMail(mail).catch((error: unknown) => {
        throw failureOf(error);
      });
    },
  };
}

/** Applicants are told of it: what the operator's server says, and where it is, is in the cause, for the log. */
function failureOf(cause: unknown): Error {
  const { code, responseCode } = cause as { readonly code?: unknown; readonly responseCode?: unknown };
  const what = responseCode === undefined ? `could not be used (${code})` : `answered ${responseCode}`;
  return Object.assign(new Error(`the mail server ${what}`, { cause }), { code, responseCode });
}

function credentialsOf({ user, password }: MailConfiguration, tls: string) {
  if ((user === undefined) !== (password === undefined))
    throw new StartRefused('mail: user and password are set together or not at all');
  if (user === undefined || password === undefined) return {};
  if (tls === 'none') throw new StartRefused('mail: a password is not sent without TLS; set tls to starttls');
  return { auth: { user, pass: readSecret(password) } };
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartRefused(`mail: ${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
