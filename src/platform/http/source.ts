import type { FastifyRequest } from 'fastify';
import { sourceNetwork } from '../source-network.ts';

/** Where a request comes from, as limits count it. A setting for trusted proxies belongs here. */
export function sourceOf(request: Pick<FastifyRequest, 'ip'>): string {
  return sourceNetwork(request.ip);
}
