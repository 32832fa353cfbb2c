import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { selfSignedCredentials } from './self-signed.ts';
import { waitFor } from './wait-for.ts';

export interface Mail {
  readonly to: readonly string[];
  /** With headers; the text as a reader sees it. */
  readonly text: string;
}

/** A real SMTP server on 127.0.0.1, without TLS. */
export interface MailServer {
  readonly port: number;
  /** In the order they came. */
  readonly received: readonly Mail[];
  /** The first mail that is wanted, once it is there. */
  next(isWanted: (mail: Mail) => boolean): Promise<Mail>;
  close(): Promise<void>;
}

/** `port`: to be again where another one was. */
export async function startMailServer(port = 0): Promise<MailServer> {
  const received: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    logger: false,
    onData(stream, { envelope }, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const to = envelope.rcptTo.map(({ address }) => address);
        received.push({ to, text: decoded(Buffer.concat(chunks).toString('latin1')) });
        callback();
      });
    },
  });
  // A client that is killed in the middle is no failure of the server.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    next: (isWanted) => waitFor('a mail', async () => received.find(isWanted)),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A real SMTP server with STARTTLS that knows none of the users who come. */
export async function startRefusingMailServer() {
  const credentials = await selfSignedCredentials('127.0.0.1', [{ type: 'IP', value: '127.0.0.1' }]);
  const server = new SMTPServer({
    cert: credentials.certificatePem,
    key: credentials.keyPem,
    logger: false,
    onAuth: (_auth, _session, callback) => callback(new Error('no such user')),
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    certificatePem: credentials.certificatePem,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** RFC 2045 6.7, where the headers say so. */
function decoded(message: string): string {
  if (!/^content-transfer-encoding: quoted-printable\r?$/im.test(message)) return message;
  const whole = message.replace(/=\r?\n/g, '');
  const bytes = whole.replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
