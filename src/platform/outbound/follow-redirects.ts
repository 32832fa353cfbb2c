import type { NamedBy } from './address-policy.ts';
import type { OutboundAnswer, OutboundRequest } from './index.ts';
import { OutboundFailed, OutboundRefused } from './outbound-errors.ts';
import { sendRequest } from './send-request.ts';

type JudgedAddresses = (host: string, namedBy: NamedBy, signal: AbortSignal) => Promise<readonly string[]>;

const defaultTimeoutMs = 10_000;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
/** Say nothing about the sender; all others are for the host that they were meant for. */
const harmlessHeaders = new Set(['accept', 'user-agent']);

/** Sends a request, and follows where its answer points if that was wanted, all within the request's time. */
export async function followRedirects(
  text: string,
  options: OutboundRequest,
  judgedAddresses: JudgedAddresses,
): Promise<OutboundAnswer> {
  const signal = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs);
  // A body is for the host it was written for, and so is what it makes happen there.
  const follows = (options.method ?? 'GET') === 'GET' && options.body === undefined;
  let redirectsLeft = follows ? (options.redirects ?? 0) : 0;
  let url = parseUrl(text);
  let request = options;
  for (;;) {
    const namedBy = request.namedByOperator ? 'operator' : 'anyone';
    const addresses = await judgedAddresses(hostOf(url), namedBy, signal);
    const answer = await sendRequest(url, addresses, request, signal);
    const { location } = answer.headers;
    if (!redirectStatuses.has(answer.status) || location === undefined || !(options.redirects && follows))
      return answer;
    if (redirectsLeft === 0) throw new OutboundFailed(`${hostOf(url)} redirects too often.`);
    redirectsLeft -= 1;
    const next = parseUrl(location, url);
    if (options.redirectPorts?.includes(portOf(next)) === false)
      throw new OutboundRefused(`${hostOf(url)} redirects to port ${portOf(next)}, which is not asked.`);
    request = { ...request, namedByOperator: false };
    if (next.origin !== url.origin) request = { ...request, headers: harmlessHeadersOf(request) };
    url = next;
  }
}

function parseUrl(text: string, base?: URL): URL {
  if (!URL.canParse(text, base?.href)) throw new OutboundRefused('The address is not a URL.');
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new OutboundRefused('Only http and https addresses are connected to.');
  if (url.username !== '' || url.password !== '')
    throw new OutboundRefused('An address must not carry a user name or password.');
  return url;
}

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

/** Without the brackets of an IPv6 address. The URL parser has made odd spellings of IPv4 addresses (0x7f.1, 2130706433) plain. */
function hostOf(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}

function harmlessHeadersOf({ headers = {} }: OutboundRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => harmlessHeaders.has(name.toLowerCase())),
  );
}
