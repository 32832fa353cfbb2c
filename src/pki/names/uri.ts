import { foldHost } from './host-pattern.ts';
import { parseIpAddress } from './ip-address.ts';

/** The parts of an absolute URI (RFC 3986 §3). */
export interface UriParts {
  /** In lower case. */
  readonly scheme: string;
  /** Undefined without `//`. */
  readonly authority: UriAuthority | undefined;
  readonly path: string;
  readonly hasQuery: boolean;
  readonly hasFragment: boolean;
}

export interface UriAuthority {
  readonly hasUserInfo: boolean;
  /** A host name in lower case without a final dot, an IPv4 address, or an IPv6 address in brackets. */
  readonly host: string;
  /** Undefined also for the scheme's own port. */
  readonly port: number | undefined;
}

const ownPorts: Readonly<Record<string, number | undefined>> = {
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
  ftp: 21,
  file: undefined,
};

/** The schemes for which browsers find a host even without `//`. */
export function isWebScheme(scheme: string): boolean {
  return Object.hasOwn(ownPorts, scheme);
}

/** The port as it is compared: undefined for the scheme's own. */
export function foldPort(scheme: string, digits: string | undefined): number | undefined {
  if (digits === undefined || digits === '') return undefined;
  return Number(digits) === ownPorts[scheme] ? undefined : Number(digits);
}

const character = "(?:[A-Za-z0-9._~:/?#[\\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})";
const absolute = new RegExp(`^([A-Za-z][A-Za-z0-9+.-]*):(${character}*)$`);
const parts = /^(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/;
const hostName = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;

/** The parts of the URI; undefined for a text that readers take apart in different ways, so that it names nothing for certain. */
export function parseUri(text: string): UriParts | undefined {
  const [, scheme, rest] = absolute.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) return undefined;
  const folded = scheme.toLowerCase();
  const [, given, path = '', query, fragment] = parts.exec(rest) ?? [];
  if (given === undefined && isWebScheme(folded)) return undefined;
  const authority = given === undefined ? undefined : parseAuthority(folded, given);
  if (given !== undefined && authority === undefined) return undefined;
  return {
    scheme: folded,
    authority,
    path,
    hasQuery: query !== undefined,
    hasFragment: fragment !== undefined,
  };
}

function parseAuthority(scheme: string, text: string): UriAuthority | undefined {
  const [first, ...others] = text.split('@');
  const hostAndPort = others.at(-1) ?? first!;
  if (others.length > 1) return undefined;
  const [, given, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{0,5}))?$/.exec(hostAndPort) ?? [];
  const host = given === undefined ? undefined : readHost(given);
  if (host === undefined || Number(port ?? 0) > 65_535) return undefined;
  return { hasUserInfo: others.length > 0, host, port: foldPort(scheme, port) };
}

function readHost(text: string): string | undefined {
  const host = foldHost(text);
  if (host.startsWith('[')) return isAddress(host.slice(1, -1)) && host.includes(':') ? host : undefined;
  if (!hostName.test(host)) return undefined;
  // Browsers read such a host as an IPv4 address in one of its many forms; only the common one is plain.
  const last = host.slice(host.lastIndexOf('.') + 1);
  const isNumber = /^(?:\d+|0x[0-9a-f]*)$/.test(last);
  return isNumber && !isAddress(host) ? undefined : host;
}

function isAddress(text: string): boolean {
  try {
    return parseIpAddress(text).length > 0;
  } catch {
    return false;
  }
}
