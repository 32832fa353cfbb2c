import { lookup as systemLookup } from 'node:dns';
import { isIP } from 'node:net';
import { askServers, dnsErrorCode, noneIfAbsent } from './ask-servers.ts';
import { OutboundFailed } from './outbound-errors.ts';

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
    try {
      const found = await askServers(resolvers, signal, (resolver) =>
        Promise.all([
          resolver.resolve4(host).catch(noneIfAbsent),
          resolver.resolve6(host).catch(noneIfAbsent),
        ]),
      );
      return found.flat();
    } catch (error) {
      throw notFound(host, error);
    }
  };
}

function notFound(host: string, cause: unknown): OutboundFailed {
  return new OutboundFailed(`The address of ${host} was not found: ${dnsErrorCode(cause)}.`, { cause });
}
