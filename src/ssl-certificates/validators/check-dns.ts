import type { Resolver } from 'node:dns/promises';
import { askServers, noneIfAbsent } from '../../platform/outbound/ask-servers.ts';
import type { Challenge } from '../issuers/issuer.ts';
import type { Verdict } from './validator.ts';

const timeoutMs = 15_000;
/** As many as resolvers follow themselves; a longer chain is a circle. */
const longestChain = 8;

/**
 * Looks for the text among the TXT records of the challenge's name. `resolvers` as `ip:port`; undefined: the machine's. A CNAME may
 * point into the operator's network, so the reason does not tell which records or servers are there.
 */
export async function checkDns(
  { recordName, recordValue }: Challenge,
  resolvers: readonly string[] | undefined,
): Promise<Verdict> {
  let texts: string[];
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    texts = await askServers(resolvers, signal, (resolver) => findTexts(resolver, recordName));
  } catch {
    return { kind: 'unreachable', reason: `The TXT record at ${recordName} could not be looked up.` };
  }
  if (texts.includes(recordValue)) return { kind: 'found' };
  return {
    kind: 'absent',
    reason: `There is no TXT record at ${recordName} with the value that is asked for.`,
  };
}

/** Resolvers follow a CNAME; a server that is asked directly may answer with nothing but the CNAME. */
async function findTexts(resolver: Resolver, recordName: string): Promise<string[]> {
  let name = recordName;
  for (let length = 0; length <= longestChain; length++) {
    const records = await resolver.resolveTxt(name).catch(noneIfAbsent);
    // RFC 1035 §3.3.14: a record may be several strings; the value is what they make together.
    if (records.length > 0) return records.map((strings) => strings.join(''));
    const [target] = await resolver.resolveCname(name).catch(noneIfAbsent);
    if (target === undefined) return [];
    name = target;
  }
  return [];
}
