import { isIPv6 } from 'node:net';
import { type Outbound, OutboundFailed, OutboundRefused } from '../../platform/outbound/index.ts';
import type { Challenge } from '../issuers/issuer.ts';
import type { Verdict } from './validator.ts';

interface Ports {
  readonly http: number;
  readonly https: number;
}

const redirects = 3;
/** Far more than any value; a page in its place is not read to its end. */
const maxBytes = 16 * 1024;

/**
 * Looks for the file by HTTP, then by HTTPS with any certificate: the name has none yet, or an old one. The second is asked even if
 * the first answered, since a server may serve different sites by them.
 */
export async function checkFile(challenge: Challenge, outbound: Outbound, ports: Ports): Promise<Verdict> {
  // Who may listen on any port of a host does not hold its name (Baseline Requirements §3.2.2.4.18, authorized ports).
  const redirectPorts = [ports.http, ports.https];
  const plain = await fetchFile(challenge, outbound, 'http', ports.http, redirectPorts);
  if (plain.kind === 'found') return plain;
  const secure = await fetchFile(challenge, outbound, 'https', ports.https, redirectPorts);
  if (secure.kind === 'found') return secure;
  const kind = plain.kind === 'absent' || secure.kind === 'absent' ? 'absent' : 'unreachable';
  return { kind, reason: `By HTTP: ${plain.reason} By HTTPS: ${secure.reason}` };
}

async function fetchFile(
  { domain, recordName, recordValue }: Challenge,
  outbound: Outbound,
  scheme: 'http' | 'https',
  port: number,
  redirectPorts: readonly number[],
): Promise<Verdict> {
  const host = isIPv6(domain) ? `[${domain}]` : domain;
  try {
    const answer = await outbound.request(`${scheme}://${host}:${port}${recordName}`, {
      redirects,
      redirectPorts,
      maxBytes,
      anyCertificate: true,
    });
    if (answer.status !== 200)
      return { kind: 'absent', reason: `${recordName} was answered with status ${answer.status}.` };
    if (Buffer.from(answer.body).toString('utf8').trim() === recordValue) return { kind: 'found' };
    return { kind: 'absent', reason: `${recordName} does not have the contents that are asked for.` };
  } catch (error) {
    if (error instanceof OutboundRefused || error instanceof OutboundFailed)
      return { kind: 'unreachable', reason: error.message };
    throw error;
  }
}
