import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { selfSignedCredentials } from './self-signed.ts';

export interface Answered {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON unless it is a text. */
  readonly body?: unknown;
}

/** `never`: the connection stays open without an answer. */
export type Reply = (request: {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}) => Promise<Answered | 'never'> | Answered | 'never';

/** A server on 127.0.0.1 with a certificate for that address. */
export interface HttpsServer {
  /** Such as https://127.0.0.1:49152, the same for its whole life. */
  readonly url: string;
  /** PEM of what it is trusted by. */
  readonly certificatePem: string;
  /** Nobody listens there until it is resumed. */
  interrupt(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
}

export async function startHttpsServer(reply: Reply): Promise<HttpsServer> {
  const credentials = await selfSignedCredentials('127.0.0.1', [{ type: 'IP', value: '127.0.0.1' }]);
  const { certificatePem, keyPem } = credentials;
  const start = (port: number): Promise<Server> =>
    new Promise((resolve) => {
      const server = createServer({ cert: certificatePem, key: keyPem }, (incoming, outgoing) => {
        const chunks: Buffer[] = [];
        incoming.on('error', () => {});
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', async () => {
          const { method = '', url = '' } = incoming;
          const answer = await reply({ method, path: url, body: Buffer.concat(chunks).toString() });
          if (answer === 'never') return;
          const { status, headers, body = '' } = answer;
          outgoing.writeHead(status, headers);
          outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
        });
      });
      server.listen(port, '127.0.0.1', () => resolve(server));
    });
  let server = await start(0);
  const { port } = server.address() as AddressInfo;
  const interrupt = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url: `https://127.0.0.1:${port}`,
    certificatePem,
    interrupt,
    async resume() {
      server = await start(port);
    },
    close: interrupt,
  };
}
