import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Block = readonly [Address, number];

/** Whose address is judged: one that the operator named may be in the operator's own network, one from a user or the network not. */
export type NamedBy = 'operator' | 'anyone';

/** Says why an address is not connected to; undefined if it may be. */
export type AddressPolicy = (address: string, namedBy: NamedBy) => string | undefined;

/**
 * What clouds serve secrets at, without asking who comes. Most are in ranges that are refused anyway; they are named because an
 * operator who allows such a range does not mean these, and because 168.63.129.16 (Azure) looks public.
 */
const metadataAddresses = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd20:ce::254',
]);

/** By ipaddr.js's names; a range that is not here is called reserved. */
const rangeNames: Readonly<Record<string, string>> = {
  unspecified: 'unspecified',
  broadcast: 'broadcast',
  multicast: 'multicast',
  linkLocal: 'link-local',
  loopback: 'loopback',
  carrierGradeNat: 'shared (carrier-grade NAT)',
  private: 'private',
  uniqueLocal: 'unique local',
};

/** Ranges in which operators have servers of their own. */
const operatorRanges = new Set(['loopback', 'carrierGradeNat', 'private', 'uniqueLocal']);

/** RFC 4291 §2.4: what is assigned to hosts of the Internet is in here; what is outside may be assigned to anything one day. */
const globalUnicast = ipaddr.parseCIDR('2000::/3');
/** RFC 6052 §2.1: the translator sends these on to the IPv4 address in their last 32 bits. */
const nat64 = ipaddr.parseCIDR('64:ff9b::/96');
/** RFC 5214 §6.1: an interface identifier that is ISATAP's ends in an IPv4 address, to which a tunnel leads. */
const isatapMarks = new Set([0x0000, 0x0200]);

/** `allow`: CIDRs. Throws RangeError for what is none. */
export function createAddressPolicy(allow: readonly string[]): AddressPolicy {
  const allowed = allow.map(parseBlock);
  return (text, namedBy) => {
    const address = reached(text);
    if (address === undefined) return 'no IP address';
    if (isMetadata(address))
      return allowed.some((block) => isWhole(block) && contains(block, address))
        ? undefined
        : 'a metadata address';
    if (allowed.some((block) => contains(block, address))) return undefined;
    const range = specialRange(address);
    if (range === undefined || (namedBy === 'operator' && operatorRanges.has(range))) return undefined;
    const name = rangeNames[range] ?? 'reserved';
    return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name} address`;
  };
}

function parseBlock(cidr: string): Block {
  try {
    const [address, bits] = ipaddr.parseCIDR(cidr);
    // A block within the mapped form would never match: addresses are judged as the IPv4 address that they are.
    if (!isMapped(address)) return [address, bits];
    if (bits >= 96) return [address.toIPv4Address(), bits - 96];
  } catch (error) {
    throw new RangeError(`${JSON.stringify(cidr)} is not a CIDR such as 10.0.0.0/8 or fd00::/8`, {
      cause: error,
    });
  }
  throw new RangeError(`${JSON.stringify(cidr)} is wider than the IPv4 addresses that it maps`);
}

/** The address at which a packet to it arrives in the end. */
function reached(text: string): Address | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.parse(text.includes(':') ? withoutDots(text) : text);
  if (isMapped(address)) return address.toIPv4Address();
  return contains(nat64, address) ? lastFourBytes(address) : address;
}

/** ipaddr.js takes `::1.2.3.4` for the mapped form, which it is not (RFC 4291 §2.5.5.1): it gets to see hexadecimal digits only. */
function withoutDots(text: string): string {
  return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)/, (_, ...parts) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
}

function isMapped(address: Address): address is ipaddr.IPv6 {
  return address.kind() === 'ipv6' && (address as ipaddr.IPv6).isIPv4MappedAddress();
}

function lastFourBytes(address: Address): ipaddr.IPv4 {
  return new ipaddr.IPv4(address.toByteArray().slice(-4));
}

function contains([network, bits]: Block, address: Address): boolean {
  return network.kind() === address.kind() && address.match([network, bits]);
}

function isWhole([network, bits]: Block): boolean {
  return bits === (network.kind() === 'ipv4' ? 32 : 128);
}

function isMetadata(address: Address): boolean {
  return metadataAddresses.has(withoutZone(address));
}

function withoutZone(address: Address): string {
  return ipaddr.fromByteArray(address.toByteArray()).toString();
}

/** Undefined for an address of the Internet. Tunnels (6to4, Teredo, ISATAP) are special whatever they lead to: nobody is there any more. */
function specialRange(address: Address): string | undefined {
  const range: string = address.range();
  if (range !== 'unicast') return range;
  if (address.kind() === 'ipv4') return undefined;
  const { parts } = address as ipaddr.IPv6;
  if (!contains(globalUnicast, address)) return 'reserved';
  return isatapMarks.has(parts[4]!) && parts[5] === 0x5efe ? 'reserved' : undefined;
}
