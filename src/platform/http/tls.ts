import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import { serverLimits } from './listener.ts';

/** What an HTTPS server proves its identity with. */
export interface ServerCredentials {
  /** The server's certificate, then those above it but the root. */
  readonly certificatePem: string;
  /** PKCS#8. */
  readonly keyPem: string;
  /** Milliseconds since 1970. */
  readonly notAfterMs: number;
}

function secureContext(credentials: ServerCredentials): SecureContextOptions {
  // RFC 8996: TLS 1.0 and 1.1 must not be used.
  return { cert: credentials.certificatePem, key: credentials.keyPem, minVersion: 'TLSv1.2' };
}

export function createHttpsServer(credentials: ServerCredentials, serve: RequestListener): Server {
  const limits = { ...serverLimits, handshakeTimeout: serverLimits.headersTimeout };
  return createServer({ ...limits, ...secureContext(credentials) }, serve);
}

/** New connections get the new certificate; those that are open keep theirs. */
export function replaceCredentials(server: Server, credentials: ServerCredentials): void {
  server.setSecureContext(secureContext(credentials));
}
