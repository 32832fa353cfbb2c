import { lookup as systemLookup } from 'node:dns';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { askServers, dnsErrorCode, noneIfAbsent } from './ask-servers.ts';
import { addressesInHosts } from './hosts-file.ts';
import { OutboundFailed } from './outbound-errors.ts';

/** Every address of a name, as it is now. Throws OutboundFailed. */
export type ResolveHost = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

/** DNS servers as `ip:port`, the machine's own servers with its hosts file, or whatever the machine resolves names by. */
export type NameSource = readonly string[] | 'the machine’s servers' | 'the machine';

const hostsFile = '/etc/hosts';

/**
 * Nothing is remembered: what is judged is what is connected to. Names of users are never left to getaddrinfo, which cannot be
 * stopped and waits on one of libuv's few threads: a silent DNS server would delay everybody's names and signatures.
 */
export function createResolveHost(source: NameSource): ResolveHost {
  const resolve = resolverOf(source);
  return async (host, signal) => {
    if (isIP(host) !== 0) return [host];
    const addresses = await resolve(host, signal);
    if (addresses.length === 0) throw new OutboundFailed(`${host} has no address.`);
    return addresses;
  };
}

function resolverOf(source: NameSource): ResolveHost {
  if (source === 'the machine') return fromSystem;
  return source === 'the machine’s servers' ? fromMachineServers : fromServers(source);
}

/** Names without a dot are the machine's own: of it, or of containers and search domains beside it. */
const fromMachineServers: ResolveHost = async (host, signal) => {
  if (!host.includes('.')) return await fromSystem(host, signal);
  const hosts = await readFile(hostsFile, 'utf8').catch(() => '');
  const listed = addressesInHosts(hosts, host);
  return listed.length > 0 ? listed : await fromServers(undefined)(host, signal);
};

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

function fromServers(resolvers: readonly string[] | undefined): ResolveHost {
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
