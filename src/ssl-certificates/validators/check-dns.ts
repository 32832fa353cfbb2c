import { Resolver } from 'node:dns/promises';
import type { Challenge } from '../issuers/issuer.ts';
import type { Verdict } from './validator.ts';

const queryTimeoutMs = 3_000;
const totalTimeoutMs = 15_000;
/** As many as resolvers follow themselves; a longer chain is a circle. */
const longestChain = 8;

/** Looks for the text among the TXT records of the challenge's name. `resolvers` as `ip:port`; undefined: the machine's. */
export async function checkDns(
  { recordName, recordValue }: Challenge,
  resolvers: readonly string[] | undefined,
): Promise<Verdict> {
  // A new one for each check: what an old one remembers may be from before the record was written.
  const resolver = new Resolver({ timeout: queryTimeoutMs, tries: 2 });
  if (resolvers !== undefined) resolver.setServers(resolvers);
  const timer = setTimeout(() => resolver.cancel(), totalTimeoutMs);
  try {
    const texts = await findTexts(resolver, recordName);
    if (texts.includes(recordValue)) return { kind: 'found' };
    const reason =
      texts.length === 0
        ? `There is no TXT record at ${recordName}.`
        : `The TXT record at ${recordName} does not have the value that is asked for.`;
    return { kind: 'absent', reason };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
    return {
      kind: 'unreachable',
      reason: `The TXT record at ${recordName} could not be looked up: ${code}.`,
    };
  } finally {
    clearTimeout(timer);
  }
}

/** Resolvers follow a CNAME; a server that is asked directly may answer with nothing but the CNAME. */
async function findTexts(resolver: Resolver, recordName: string): Promise<string[]> {
  let name = recordName;
  for (let length = 0; length <= longestChain; length++) {
    const records = await resolver.resolveTxt(name).catch(noneIfAbsent);
    // RFC 1035 3.3.14: a record may be several strings; the value is what they make together.
    if (records.length > 0) return records.map((strings) => strings.join(''));
    const [target] = await resolver.resolveCname(name).catch(noneIfAbsent);
    if (target === undefined) return [];
    name = target;
  }
  return [];
}

/** Neither the name's nor the record's absence is a failure; everything else is. */
function noneIfAbsent(error: unknown): never[] {
  const absent =
    error instanceof Error && 'code' in error && ['ENOTFOUND', 'ENODATA'].includes(String(error.code));
  if (absent) return [];
  throw error;
}
