import type { TLSSocket } from 'node:tls';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A year: what browsers ask of sites for their own lists. */
const strictTransport = 'max-age=31536000';

/**
 * A hook for `onRequest`: answers may hold secrets, so nothing keeps them unless its route says otherwise, and no browser guesses
 * what they are. HSTS goes out over TLS only (RFC 6797 §7.2).
 */
export function addSecurityHeaders(request: FastifyRequest, reply: FastifyReply, next: () => void): void {
  reply.header('cache-control', 'no-store');
  reply.header('x-content-type-options', 'nosniff');
  if ((request.raw.socket as Partial<TLSSocket>).encrypted)
    reply.header('strict-transport-security', strictTransport);
  next();
}
