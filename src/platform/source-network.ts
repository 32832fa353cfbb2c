import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Returns the network by which requests of one source are counted: an IPv4 address, also in its mapped form, or the /64 of an
 * IPv6 address, since one subscriber has all of it (RFC 4291 section 2.5.4). Without an address all share one name.
 */
export function sourceNetwork(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  if (isIPv4(address) || !isIPv6(address)) return address;
  const parsed = ipaddr.IPv6.parse(address);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  const prefix = parsed.parts.slice(0, 4).map((part) => part.toString(16));
  return `${prefix.join(':')}::/64`;
}
