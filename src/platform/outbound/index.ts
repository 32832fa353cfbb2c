import { isIP, isIPv4, type LookupFunction } from 'node:net';
import { createAddressPolicy, type NamedBy } from './address-policy.ts';
import { followRedirects } from './follow-redirects.ts';
import { OutboundFailed, OutboundRefused } from './outbound-errors.ts';
import { createResolveHost } from './resolve-host.ts';

export { OutboundFailed, OutboundRefused } from './outbound-errors.ts';

export interface OutboundRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** From the first lookup to the last byte; 10 000 if not given. */
  readonly timeoutMs?: number;
  /** Of the answer's body; 1 MiB if not given. */
  readonly maxBytes?: number;
  /** How many redirects are followed, each judged like the first address, of a GET without a body; 0 if not given. */
  readonly redirects?: number;
  /** Ports to which redirects may lead; any if not given. */
  readonly redirectPorts?: readonly number[];
  /** PEM; trusted instead of the public CAs. */
  readonly ca?: string;
  /** Any certificate will do: for what proves itself by other means, such as a file at a domain that has no certificate yet. */
  readonly anyCertificate?: boolean;
  /**
   * The address is from the operator's configuration, and from nobody else: its host may be private or loopback. (Metadata and
   * link-local addresses are refused all the same, and redirects are judged like anyone's.)
   */
  readonly namedByOperator?: boolean;
}

export interface OutboundAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** As it came: never decompressed, and no compression is asked for. */
  readonly body: Uint8Array;
}

/**
 * Requests to addresses that users or the network name. None goes to loopback, link-local, private, or metadata addresses but those
 * that the operator allows; names are judged by what they resolve to, at the time of the connection. Of a name that the operator did
 * not give, the error is the same whether it does not exist, DNS is silent, or its addresses are refused.
 */
export interface Outbound {
  /** Throws OutboundRefused, or OutboundFailed for all that the network does. */
  request(url: string, options?: OutboundRequest): Promise<OutboundAnswer>;
  /** Addresses of a host that may be connected to, as `options` of a request would say. Throws OutboundRefused, OutboundFailed. */
  addresses(host: string, options?: Pick<OutboundRequest, 'namedByOperator'>): Promise<readonly string[]>;
  /**
   * For clients with connections of their own: resolves like dns.lookup and fails for addresses that are refused. Node does not ask
   * it where the host is an IP address already: such a client asks `addresses` first.
   */
  readonly lookup: LookupFunction;
}

export interface OutboundSettings {
  /** CIDRs that may be connected to although they are not of the Internet. A metadata address is allowed by itself only (/32, /128). */
  readonly allow: readonly string[];
  /** DNS servers as `ip:port`, asked instead of what the machine is set up with, but for hosts that the operator names. */
  readonly resolvers?: readonly string[] | undefined;
}

const resolveWithinMs = 10_000;

/** The guard. Throws RangeError for what is not a CIDR. No proxy of the environment is used: it would connect unjudged. */
export function createOutbound({ allow, resolvers }: OutboundSettings): Outbound {
  const judge = createAddressPolicy(allow);
  const resolve = createResolveHost(resolvers ?? 'the machine’s servers');
  const resolveAsMachine = createResolveHost('the machine');

  async function judgedAddresses(host: string, namedBy: NamedBy, signal: AbortSignal) {
    if (namedBy === 'anyone' && isIP(host) === 0) return publicAddresses(host, signal);
    // The names of the operator's own servers may be known to the operator's own DNS only.
    const found = await (namedBy === 'operator' ? resolveAsMachine : resolve)(host, signal);
    const reasons = found.map((address) => judge(address, namedBy));
    const addresses = found.filter((_, index) => reasons[index] === undefined);
    if (addresses.length > 0) return addresses;
    throw new OutboundRefused(`${host} is at ${reasons[0]}, to which no connection is made.`);
  }

  /** Names of the inner network look like names that nobody has: a stranger who tries them learns nothing. */
  async function publicAddresses(host: string, signal: AbortSignal): Promise<readonly string[]> {
    let cause: unknown;
    try {
      const addresses = (await resolve(host, signal)).filter((each) => judge(each, 'anyone') === undefined);
      if (addresses.length > 0) return addresses;
    } catch (error) {
      cause = error;
    }
    throw new OutboundFailed(
      `${host} has no address to which a connection is made: DNS does not have the name, does not answer, or has only addresses that are not of the Internet.`,
      { cause },
    );
  }

  const addresses: Outbound['addresses'] = (host, { namedByOperator = false } = {}) =>
    judgedAddresses(host, namedByOperator ? 'operator' : 'anyone', AbortSignal.timeout(resolveWithinMs));
  return {
    request: (url, options = {}) => followRedirects(url, options, judgedAddresses),
    addresses,
    lookup(host, options, callback) {
      addresses(host).then(
        (found) => {
          const entries = found
            .map((address) => ({ address, family: isIPv4(address) ? 4 : 6 }))
            .filter(({ family }) => matchesFamily(family, options.family));
          const [first] = entries;
          if (first === undefined) callback(new OutboundFailed(`${host} has no address of that family.`), '');
          else if (options.all) callback(null, entries);
          else callback(null, first.address, first.family);
        },
        (error: Error) => callback(error, options.all ? [] : ''),
      );
    },
  };
}

function matchesFamily(family: number, wanted: number | 'IPv4' | 'IPv6' | undefined): boolean {
  return wanted === undefined || wanted === 0 || wanted === family || wanted === `IPv${family}`;
}
