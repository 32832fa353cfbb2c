import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { createSecureContext, createServer as createTlsServer } from 'node:tls';
import { FixedClock } from '../../platform/clock.ts';
import { createOutbound } from '../../platform/outbound/index.ts';
import { systemRandom } from '../../platform/random.ts';
import type { TargetPorts } from './target-ports.ts';

/** A folder that is gone after the tests of the file. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-targets-'));
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** With the real guard of outbound connections: what the operator configures may be on this machine. */
export function targetPorts(folder: string): TargetPorts {
  return {
    outbound: createOutbound({ allow: [] }),
    machineClock: new FixedClock(Date.UTC(2025, 10, 28, 9, 30, 0)),
    random: systemRandom,
    deployedFolder: join(folder, 'deployed'),
    project: 'cn-north-4',
  };
}

/** Serves TLS with what `credentials` answers for each connection. Answers the port. */
export async function serveTls(
  credentials: () => Promise<{ readonly cert: string; readonly key: string }>,
): Promise<number> {
  const server = createTlsServer({
    SNICallback: (_name, done) => {
      credentials().then(
        (found) => done(null, createSecureContext(found)),
        (error: Error) => done(error),
      );
    },
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  return (server.address() as AddressInfo).port;
}

export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly body: unknown;
}

/** What a service answers: a status and JSON. */
export type Spoken = readonly [status: number, body?: unknown];

/** A service over plain HTTP on this machine. */
export async function serveHttp(
  answer: (heard: Heard) => Spoken,
): Promise<{ readonly url: string; readonly heard: Heard[] }> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url!, 'http://service.test');
      const text = Buffer.concat(chunks).toString();
      const one = {
        method: request.method!,
        path: pathname,
        query: searchParams,
        headers: request.headers,
        text,
        body: text === '' ? undefined : JSON.parse(text),
      };
      heard.push(one);
      const [status, body] = answer(one);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? '' : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}
