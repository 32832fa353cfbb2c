import ipaddr from 'ipaddr.js';

/**
 * Compiles an address or address/prefix; undefined if it is neither. An IPv4-mapped IPv6 address or network (RFC 4291 section
 * 2.5.5.2) is judged as the IPv4 one that it maps, on both sides.
 */
export function compileAddressRange(range: string): ((address: string) => boolean) | undefined {
  const parsed = parseRange(range);
  if (!parsed) return undefined;
  const [network, bits] = parsed;
  return (text) => {
    if (!ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text);
    return address.kind() === network.kind() && address.match(network, bits);
  };
}

function parseRange(range: string): readonly [ipaddr.IPv4 | ipaddr.IPv6, number] | undefined {
  if (!range.includes('/')) {
    if (!ipaddr.isValid(range)) return undefined;
    const address = ipaddr.process(range);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  }
  if (!ipaddr.isValidCIDR(range)) return undefined;
  const [network, bits] = ipaddr.parseCIDR(range);
  const maps = network.kind() === 'ipv6' && (network as ipaddr.IPv6).isIPv4MappedAddress() && bits >= 96;
  return maps ? [(network as ipaddr.IPv6).toIPv4Address(), bits - 96] : [network, bits];
}
