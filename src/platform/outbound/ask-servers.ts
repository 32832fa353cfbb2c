import { getServers, Resolver } from 'node:dns/promises';

/** Of one question to one server, before it is asked again, and then the next. */
const queryTimeoutMs = 2_000;

/**
 * Asks DNS servers (`ip:port`; undefined: the machine's) one after the other until one answers: c-ares itself goes on to the next
 * where one is silent, not where it fails. Each gets a new resolver, so that nothing is remembered from an earlier question. Throws
 * the error of the last one.
 */
export async function askServers<Answer>(
  servers: readonly string[] | undefined,
  signal: AbortSignal,
  ask: (resolver: Resolver) => Promise<Answer>,
): Promise<Answer> {
  let failure: unknown = new Error('there is no DNS server to ask');
  for (const server of servers ?? getServers()) {
    if (signal.aborted) break;
    const resolver = new Resolver({ timeout: queryTimeoutMs, tries: 2 });
    resolver.setServers([server]);
    const onAbort = () => resolver.cancel();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await ask(resolver);
    } catch (error) {
      failure = error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
  throw failure;
}

/** Whether the answer was that there is no such name or record: an answer like any other. Others are thrown. */
export function noneIfAbsent(error: unknown): never[] {
  if (['ENOTFOUND', 'ENODATA'].includes(dnsErrorCode(error))) return [];
  throw error;
}

/** Such as ESERVFAIL or ETIMEOUT. */
export function dnsErrorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
}
