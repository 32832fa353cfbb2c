import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

/** Where a request comes from, as limits count it. A setting for trusted proxies belongs here. */
export function sourceOf(request: Pick<FastifyRequest, 'ip'>): string {
  return sourceOfAddress(request.ip);
}

/**
 * An IPv4 address as it is, also if it is mapped into IPv6; of other IPv6 addresses the first 64 bits, which one customer of a
 * provider has for itself (RFC 6177).
 */
export function sourceOfAddress(address: string | undefined): string {
  if (address === undefined || !address.includes(':')) return address ?? '';
  const [bare = ''] = address.split('%', 1);
  if (!ipaddr.IPv6.isValid(bare)) return address;
  const parsed = ipaddr.IPv6.parse(bare);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  const network = parsed.parts.slice(0, 4).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}
