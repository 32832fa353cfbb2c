import { lookup as systemLookup } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { OutboundFailed } from './outbound-errors.ts';

/** Of one question to one server, before the next is tried. */
const queryTimeoutMs = 2_000;

/** Every address of a name, as it is now. Throws OutboundFailed. */
export type ResolveHost = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

/**
 * `resolvers`: DNS servers as `ip:port`; without them the machine's own resolution, its hosts file included. Nothing is remembered:
 * what is judged is what is connected to.
 */
export function createResolveHost(resolvers: readonly string[] | undefined): ResolveHost {
  const resolve = resolvers === undefined ? fromSystem : fromServers(resolvers);
  return async (host, signal) => {
    if (isIP(host) !== 0) return [host];
    const addresses = await resolve(host, signal);
    if (addresses.length === 0) throw new OutboundFailed(`${host} has no address.`);
    return addresses;
  };
}

const fromSystem: ResolveHost = (host, signal) =>
  new Promise((resolve, reject) => {
    // getaddrinfo cannot be stopped; what it says after this is not heard.
    const onAbort = () => reject(new OutboundFailed(`The address of ${host} was not found in time.`));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    systemLookup(host, { all: true }, (error, found) => {
      signal.removeEventListener('abort', onAbort);
      if (error) reject(notFound(host, error));
      else resolve(found.map(({ address }) => address));
    });
  });

function fromServers(resolvers: readonly string[]): ResolveHost {
  return async (host, signal) => {
    const resolver = new Resolver({ timeout: queryTimeoutMs, tries: 2 });
    resolver.setServers(resolvers);
    const onAbort = () => resolver.cancel();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
      const addresses = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
      const failure = found.find((each) => each.status === 'rejected' && !isAbsence(each.reason));
      if (addresses.length === 0 && failure?.status === 'rejected') throw notFound(host, failure.reason);
      return addresses;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  };
}

function isAbsence(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && (error.code === 'ENODATA' || error.code === 'ENOTFOUND')
  );
}

function notFound(host: string, cause: unknown): OutboundFailed {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no answer';
  return new OutboundFailed(`The address of ${host} was not found: ${code}.`, { cause });
}
