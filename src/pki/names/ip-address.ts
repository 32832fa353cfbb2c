import { MalformedError } from '../malformed-error.ts';

const decimalOctet = /^(0|[1-9]\d{0,2})$/;

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => decimalOctet.test(part) && Number(part) < 256))
    return undefined;
  return parts.map(Number);
}

/** Octets of colon-separated groups, of which the last may be a dotted IPv4 address. */
function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const octets: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    const embedded = index === groups.length - 1 && group.includes('.') ? parseIpv4(group) : undefined;
    if (embedded !== undefined) octets.push(...embedded);
    else if (/^[0-9A-Fa-f]{1,4}$/.test(group))
      octets.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255);
    else return undefined;
  }
  return octets;
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!);
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 16 ? head : undefined;
  const tail = halves[0]!.includes('.') ? undefined : parseGroups(halves[1]!);
  // RFC 4291 §2.2: `::` stands for one or more groups of zeros.
  if (tail === undefined || head.length + tail.length > 14) return undefined;
  return [...head, ...new Array<number>(16 - head.length - tail.length).fill(0), ...tail];
}

/** The 4 or 16 octets of an IPv4 or IPv6 address in text (no zone, no leading zeros in IPv4). Throws MalformedError. */
export function parseIpAddress(text: string): Uint8Array {
  const octets = text.length > 45 ? undefined : text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  if (octets === undefined) throw new MalformedError('not an IP address');
  return Uint8Array.from(octets);
}

/** Text of 4 or 16 octets; IPv6 in RFC 5952's form. Throws MalformedError for other lengths. */
export function formatIpAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) throw new MalformedError('IP address has neither 4 nor 16 octets');
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(((octets[at]! << 8) | octets[at + 1]!).toString(16));
  const { from, length } = longestZeroRun(groups);
  // RFC 5952 §4.2.2: a single group of zeros is not shortened.
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, from).join(':')}::${groups.slice(from + length).join(':')}`;
}

/** RFC 5952 §4.2.3: the longest run of zero groups, the first of equals. */
function longestZeroRun(groups: readonly string[]): { from: number; length: number } {
  let best = { from: 0, length: 0 };
  for (let from = 0; from < groups.length; from++) {
    let length = 0;
    while (groups[from + length] === '0') length++;
    if (length > best.length) best = { from, length };
  }
  return best;
}
