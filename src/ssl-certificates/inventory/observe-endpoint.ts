import { OutboundRefused } from '../../platform/outbound/index.ts';
import { daysBefore } from '../notifications/recipients.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { dueNotice, tellOfEndpoint, withTold } from './endpoint-notice.ts';
import { changeEndpoint, type Endpoint } from './endpoint-store.ts';
import { type FailedProbe, probeEndpoint, type ServedCertificate } from './probe-endpoint.ts';

export type ObservePorts = Pick<
  SslCertificatesPorts,
  'database' | 'clock' | 'jobs' | 'outbound' | 'configuration' | 'mailer'
>;

/** What a look at an endpoint changes of its row: what was seen last stays while it cannot be seen. */
export function observed(
  seen: Pick<Endpoint, 'fingerprint' | 'notified'>,
  outcome: ServedCertificate | FailedProbe,
  nowMs: number,
) {
  if (outcome.kind === 'failed') return { probed_at: nowMs, last_failure: outcome.reason };
  return {
    probed_at: nowMs,
    last_failure: null,
    fingerprint: outcome.fingerprint,
    subject: outcome.subject,
    not_after: outcome.notAfterMs,
    certificate_der: outcome.certificateDer,
    verdict: outcome.verdict,
    // Another certificate has notices of its own.
    notified: outcome.fingerprint === seen.fingerprint ? seen.notified : '[]',
  };
}

/** Looks at an endpoint and tells if its certificate ends. Who looked meanwhile has done it. */
export async function observeEndpoint(ports: ObservePorts, seen: Endpoint): Promise<void> {
  const place = { host: seen.host, port: seen.port, serverName: seen.server_name };
  const outcome = await probeEndpoint(ports.outbound, place).catch((error: unknown) => {
    // Allowed once, and now refused: the name leads to another address, or the operator has decided otherwise.
    if (error instanceof OutboundRefused) return { kind: 'failed', reason: error.message } as const;
    throw error;
  });
  const nowMs = ports.clock.nowMs();
  await ports.database.transaction(async (transaction) => {
    const change = observed(seen, outcome, nowMs);
    const next = { ...seen, ...change };
    const days = dueNotice(next, nowMs, daysBefore(ports.configuration));
    const told = days === undefined ? {} : { notified: withTold(next.notified, days) };
    const changed = await changeEndpoint(transaction, seen, { ...change, ...told });
    if (changed && days !== undefined) await tellOfEndpoint(ports, transaction, changed, days);
  });
}
