import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';
import type { Outbound } from '../../platform/outbound/index.ts';
import type { CertificateBundle } from './target.ts';
import type { ProbedEndpoint } from './target-configuration.ts';

const defaultSeconds = 10;
const handshakeMs = 5_000;
const firstPauseMs = 50;
const longestPauseMs = 1_000;
/** Beside its new workers a server that was reloaded has the old ones, for a moment: one connection may reach either. */
const servedInARow = 3;

/**
 * Looks until every endpoint serves the certificate, for so many seconds. Answers what is wrong with one that does not; undefined if
 * nothing is. The endpoints are the operator's, so they may be in the operator's own network.
 */
export async function findUnserved(
  outbound: Pick<Outbound, 'addresses'>,
  endpoints: readonly ProbedEndpoint[],
  bundle: Pick<CertificateBundle, 'domain' | 'fingerprintSha256'>,
  seconds = defaultSeconds,
): Promise<string | undefined> {
  const problems = await Promise.all(
    endpoints.map((endpoint) => probeUntilServed(outbound, endpoint, bundle, seconds * 1_000)),
  );
  return problems.find((problem) => problem !== undefined);
}

async function probeUntilServed(
  outbound: Pick<Outbound, 'addresses'>,
  endpoint: ProbedEndpoint,
  bundle: Pick<CertificateBundle, 'domain' | 'fingerprintSha256'>,
  patienceMs: number,
): Promise<string | undefined> {
  const place = `${endpoint.host}:${endpoint.port}`;
  // Time that passes here is the network's, not that of certificates: it is counted, not asked of a clock.
  let pauseMs = firstPauseMs;
  let waitedMs = 0;
  for (let inARow = 0; ; ) {
    const problem = await probeOnce(outbound, endpoint, bundle);
    inARow = problem === undefined ? inARow + 1 : 0;
    if (inARow === servedInARow) return undefined;
    if (problem === undefined) {
      await delay(firstPauseMs);
      continue;
    }
    if (waitedMs + pauseMs > patienceMs) return `${place} ${problem}`;
    await delay(pauseMs);
    waitedMs += pauseMs;
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

async function probeOnce(
  outbound: Pick<Outbound, 'addresses'>,
  { host, port, server_name: serverName }: ProbedEndpoint,
  { domain, fingerprintSha256 }: Pick<CertificateBundle, 'domain' | 'fingerprintSha256'>,
): Promise<string | undefined> {
  try {
    const [address = host] = await outbound.addresses(host, { namedByOperator: true });
    const served = await servedFingerprint(address, port, serverName ?? domain.replace(/^\*/, 'www'));
    return served === fingerprintSha256 ? undefined : `serves another certificate (SHA-256 ${served})`;
  } catch (error) {
    return `does not serve TLS: ${error instanceof Error ? error.message : error}`;
  }
}

/** SHA-256 of the certificate that is served under this name, lower-case hexadecimal. Whether it is trusted is not asked. */
function servedFingerprint(host: string, port: number, serverName: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, servername: serverName, rejectUnauthorized: false }, () => {
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      if (raw === undefined) reject(new Error('no certificate was sent'));
      else resolve(createHash('sha256').update(raw).digest('hex'));
    });
    socket.setTimeout(handshakeMs, () => socket.destroy(new Error('no handshake within 5 seconds')));
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
}
