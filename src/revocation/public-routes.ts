import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { encodeOcspError, largestOcspRequest, type OcspError } from '../pki/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/db/index.ts';
import { ServiceError } from '../platform/errors.ts';
import { gatewayErrors, receiveBody } from '../platform/http/index.ts';
import type { AuthorityRecords } from '../private-ca/index.ts';
import { caIssuersPath, ocspPath } from './addresses.ts';
import type { OcspAnswer, OcspAnswers } from './ocsp/answer-ocsp.ts';

/** RFC 6960 appendix C and RFC 2585 §4.1. */
const responseType = 'application/ocsp-response';
const certificateType = 'application/pkix-cert';
/** What lies between may keep an answer so long: the longest that a revocation can stay unseen behind a cache. */
const cachedSeconds = 60;
const certificateCachedSeconds = 3_600;

interface PublicPorts {
  readonly clock: Clock;
  readonly database: Database;
  readonly records: AuthorityRecords;
}

/** What relying parties ask without authentication: OCSP (RFC 6960 appendix A, RFC 5019 §5) and certificates of CAs. */
export function publicRoutes(
  ports: PublicPorts,
  answers: OcspAnswers,
): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    await app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      // Any media type: clients are in use that send none, or a wrong one.
      scope.addContentTypeParser('*', (request, _, done) => receiveBody(request, largestOcspRequest, done));
      scope.setErrorHandler((error: { statusCode?: number; status?: number }, _request, reply) => {
        sendOcsp(reply, encodeOcspError(ocspErrorOf(error.statusCode ?? error.status ?? 500)));
      });
      addOcsp(scope, ports.clock, answers);
    });
    addCertificates(app, ports);
  };
}

function addOcsp(scope: FastifyInstance, clock: Clock, answers: OcspAnswers): void {
  const schema = { hide: true };
  scope.post<{ Params: { ca_id: string } }>(`${ocspPath}/:ca_id`, { schema }, async (request, reply) => {
    const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
    const { der } = await answers.answer(request.params.ca_id, body);
    return sendOcsp(reply, der);
  });
  scope.get<{ Params: { ca_id: string } }>(`${ocspPath}/:ca_id/*`, { schema }, async (request, reply) => {
    const requestDer = requestOfPath(request);
    if (!requestDer) return sendOcsp(reply, encodeOcspError('malformedRequest'));
    const answer = await answers.answer(request.params.ca_id, requestDer);
    return sendCacheable(request, reply, answer, clock.nowMs());
  });
}

/** Of a request that was not answered: too long or not readable, at a bad time, or for reasons of ours. */
function ocspErrorOf(status: number): OcspError {
  if (status === 429) return 'tryLater';
  return status < 500 ? 'malformedRequest' : 'internalError';
}

function sendOcsp(reply: FastifyReply, der: Uint8Array): FastifyReply {
  return reply.code(200).type(responseType).header('cache-control', 'no-store').send(Buffer.from(der));
}

/** The address as it was sent: base64 has slashes, and a router takes one at the end for nothing. */
function requestOfPath(request: FastifyRequest): Uint8Array | undefined {
  const [path = ''] = request.raw.url!.split('?', 1);
  const encoded = path.slice(path.indexOf('/', ocspPath.length + 1) + 1);
  try {
    const base64 = decodeURIComponent(encoded);
    return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? Buffer.from(base64, 'base64') : undefined;
  } catch {
    return undefined;
  }
}

/** RFC 5019 §6.2. */
function sendCacheable(
  request: FastifyRequest,
  reply: FastifyReply,
  { cacheable, der }: OcspAnswer,
  nowMs: number,
): FastifyReply {
  if (!cacheable) return sendOcsp(reply, der);
  const seconds = Math.max(0, Math.min(cachedSeconds, Math.floor((cacheable.nextUpdateMs - nowMs) / 1_000)));
  const tag = `"${createHash('sha256').update(der).digest('hex').slice(0, 32)}"`;
  reply
    .header('cache-control', `max-age=${seconds}, public, no-transform, must-revalidate`)
    .header('last-modified', new Date(cacheable.producedAtMs).toUTCString())
    .header('expires', new Date(nowMs + seconds * 1_000).toUTCString())
    .header('etag', tag);
  if (request.headers['if-none-match'] === tag) return reply.code(304).send();
  return reply.code(200).type(responseType).send(Buffer.from(der));
}

function addCertificates(app: FastifyInstance, { database, records }: PublicPorts): void {
  const path = `${caIssuersPath}/:file`;
  app.get<{ Params: { file: string } }>(path, { schema: { hide: true } }, async (request, reply) => {
    const caId = /^([0-9a-f-]{36})\.cer$/i.exec(request.params.file)?.[1];
    const der = caId && (await records.findCertificateDer(database, caId));
    if (!der) throw new ServiceError('gateway', gatewayErrors.unknownPath);
    return reply
      .type(certificateType)
      .header('cache-control', `max-age=${certificateCachedSeconds}, public`)
      .send(Buffer.from(der));
  });
}
