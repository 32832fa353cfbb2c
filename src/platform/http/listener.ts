import { createServer, type Server as HttpServer, type RequestListener, STATUS_CODES } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type ErrorDefinition, ServiceError } from '../errors.ts';
import type { Random } from '../random.ts';
import { StartRefused } from '../start-refused.ts';
import { limitConnections } from './connection-limits.ts';
import { errorBody } from './error-dialects.ts';
import { gatewayErrors } from './gateway-errors.ts';
import type { HttpLimits } from './limits.ts';

/** For all headers together: the vendor's tokens have up to 16 KB, and one request carries at most two. Read before anybody is asked. */
export const largestHeadersBytes = 32_768;

/** Limits that keep a slow or silent client from holding a connection for ever. */
export const serverLimits = {
  maxHeaderSize: largestHeadersBytes,
  headersTimeout: 20_000,
  requestTimeout: 120_000,
  // How often Node looks for connections beyond these times.
  connectionsCheckingInterval: 5_000,
  // Longer than the usual 60 seconds of load balancers, so that they close first and no request meets a closing connection.
  keepAliveTimeout: 75_000,
} as const;

/** Time to read the answer to what was no request, in milliseconds. */
const lastWordsMs = 2_000;

export interface Listener {
  readonly port: number;
  /** Takes no more connections, lets requests in flight finish for `graceMs` milliseconds, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

export function createHttpServer(serve: RequestListener): HttpServer {
  return createServer(serverLimits, serve);
}

/** Throws `StartRefused` if the address cannot be had; `variable` is the one that chooses the port. `limits` bound the connections. */
export async function listen(
  server: HttpServer | HttpsServer,
  address: { readonly host: string; readonly port: number; readonly variable: string },
  random: Random,
  limits?: HttpLimits,
): Promise<Listener> {
  if (limits) limitConnections(server, limits);
  // Without this Node answers 100 by itself, before anybody was asked who the client is.
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  server.on('clientError', (error, socket) => answerClientError(error, socket as Socket, random));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenRefused(error, address)));
    server.listen(address.port, address.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: (graceMs) => closeGracefully(server, graceMs),
  };
}

async function closeGracefully(server: HttpServer | HttpsServer, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Connections that become idle after `close` was called stay open otherwise until their keep-alive ends.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}

function listenRefused(
  error: Error,
  { host, port, variable }: { host: string; port: number; variable: string },
): StartRefused {
  const code = 'code' in error ? error.code : undefined;
  const reasons: Record<string, string> = {
    EADDRINUSE: `port ${port} of ${host} is in use: stop what uses it, or choose another with ${variable}`,
    EACCES: `port ${port} is not allowed to this user: choose one above 1023 with ${variable}`,
    EADDRNOTAVAIL: `${host} is no address of this machine: correct OPENCCM_HOST`,
    ENOTFOUND: `the host ${host} is not known: correct OPENCCM_HOST`,
  };
  return new StartRefused(
    reasons[String(code)] ?? `cannot listen on ${host} port ${port}: ${error.message}`,
    {
      cause: error,
    },
  );
}

/** What Node could not read as a request never reaches the application; the answer is written by hand. */
function answerClientError(error: Error & { code?: string }, socket: Socket, random: Random): void {
  const definition = clientErrorOf(error.code);
  // Without a TLS handshake nothing can be answered: what is written would wait, and hold the connection, for ever.
  if (!socket.writable || definition === undefined) {
    socket.destroy();
    return;
  }
  const requestId = random.hexId();
  const body = JSON.stringify(errorBody(new ServiceError('gateway', definition), requestId));
  socket.end(
    `HTTP/1.1 ${definition.status} ${STATUS_CODES[definition.status]}\r\n` +
      `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `X-Request-Id: ${requestId}\r\nConnection: close\r\n\r\n${body}`,
  );
  // For a client that never closes its side. Not at once: it may still be sending, and would lose the answer.
  setTimeout(() => socket.destroy(), lastWordsMs).unref();
}

/** Undefined if the error is not one of HTTP but of TLS or of the connection. */
function clientErrorOf(code: string | undefined): ErrorDefinition | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') return gatewayErrors.headersTooLarge;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return gatewayErrors.timeout;
  return code?.startsWith('HPE_') ? gatewayErrors.badRequest : undefined;
}
