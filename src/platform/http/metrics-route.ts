import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { ServiceError } from '../errors.ts';
import type { Metrics } from '../metrics.ts';
import { gatewayErrors } from './gateway-errors.ts';
import { sourceOf } from './source.ts';

/** `GET /metrics`, for whoever has the token; without one for everybody who reaches the listener. */
export function registerMetrics(app: FastifyInstance, metrics: Metrics, token: string | undefined): void {
  const expected = token === undefined ? undefined : digest(`Bearer ${token}`);
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    if (expected && !timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
      request.server.limits.countStranger(sourceOf(request));
      reply.header('www-authenticate', 'Bearer');
      throw new ServiceError(
        'gateway',
        gatewayErrors.unauthenticated,
        'Send OPENCCM_METRICS_TOKEN as Bearer.',
      );
    }
    return reply.type(metrics.contentType).send(await metrics.text());
  });
}

/** Returns hashes of equal length, to compare in constant time. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
