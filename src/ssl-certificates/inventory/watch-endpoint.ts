import { isIP } from 'node:net';
import type { Actor } from '../../iam/actor.ts';
import { expectRoom, requireRoom } from '../../iam/index.ts';
import { OutboundRefused } from '../../platform/outbound/index.ts';
import { scmError } from '../errors.ts';
import { endpointLimit } from '../limits.ts';
import { daysBefore } from '../notifications/recipients.ts';
import { accessRequest, permissions } from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { dueNotice, tellOfEndpoint, withTold } from './endpoint-notice.ts';
import { type Endpoint, insertEndpoint, removeEndpoint } from './endpoint-store.ts';
import { type ObservePorts, observed } from './observe-endpoint.ts';
import { type ProbedPlace, probeEndpoint } from './probe-endpoint.ts';

export interface WatchedPlace {
  readonly host: string;
  readonly port: number;
  readonly server_name?: string | undefined;
}

type Ports = ObservePorts & Pick<SslCertificatesPorts, 'identity' | 'random'>;

/**
 * Watches an endpoint, and looks at it at once: one that does not answer is watched too. Throws AccessDenied, SCM.0005 for an address to
 * which no connection is made and for a place that is watched already, SCM.0025 for too many.
 */
export async function watchEndpoint(ports: Ports, actor: Actor, sent: WatchedPlace): Promise<Endpoint> {
  await ports.identity.authorize(actor, accessRequest('watchEndpoint'));
  const place = placeOf(sent);
  const limit = endpointLimit(ports.configuration);
  await expectRoom(ports.database, actor.accountId, limit);
  const outcome = await probeEndpoint(ports.outbound, place).catch((error: unknown) => {
    if (error instanceof OutboundRefused)
      throw scmError('SCM.0005', `host: ${error.message}`, { cause: error });
    throw error;
  });
  const nowMs = ports.clock.nowMs();
  const blank = blankEndpoint(ports.random.hexId(), actor.accountId, place, nowMs);
  const endpoint: Endpoint = { ...blank, ...observed(blank, outcome, nowMs) };
  return ports.database.transaction(async (transaction) => {
    await requireRoom(transaction, actor.accountId, limit);
    const days = dueNotice(endpoint, nowMs, daysBefore(ports.configuration));
    const stored =
      days === undefined ? endpoint : { ...endpoint, notified: withTold(endpoint.notified, days) };
    if (!(await insertEndpoint(transaction, stored)))
      throw scmError('SCM.0005', `${place.host}:${place.port} is watched under this server_name already.`);
    if (days !== undefined) await tellOfEndpoint(ports, transaction, stored, days);
    await recordWatch(ports, transaction, actor, endpoint.endpoint_id, `${place.host}:${place.port}`);
    return stored;
  });
}

/** Watches it no more. Throws AccessDenied, SCM.0094. */
export async function unwatchEndpoint(
  ports: Pick<Ports, 'database' | 'identity'>,
  actor: Actor,
  endpointId: string,
): Promise<void> {
  await ports.identity.authorize(actor, accessRequest('watchEndpoint'));
  await ports.database.transaction(async (transaction) => {
    if (!(await removeEndpoint(transaction, actor.accountId, endpointId))) throw endpointNotFound(endpointId);
    await recordWatch(ports, transaction, actor, endpointId, 'no more');
  });
}

export function endpointNotFound(endpointId: string) {
  return scmError('SCM.0094', `${endpointId} does not name a watched endpoint of this account.`);
}

/** Names are the same in any case; without a server_name the host is asked for by its name. */
function placeOf({ host, port, server_name: sent }: WatchedPlace): ProbedPlace {
  const name = host.toLowerCase();
  const serverName = sent ? sent.toLowerCase() : isIP(name) === 0 ? name : '';
  return { host: name, port, serverName };
}

function blankEndpoint(endpointId: string, accountId: string, place: ProbedPlace, nowMs: number): Endpoint {
  return {
    endpoint_id: endpointId,
    account_id: accountId,
    host: place.host,
    port: place.port,
    server_name: place.serverName,
    created_at: nowMs,
    probed_at: nowMs,
    last_failure: null,
    fingerprint: null,
    subject: null,
    not_after: null,
    certificate_der: null,
    verdict: null,
    notified: '[]',
  };
}

function recordWatch(
  { identity }: Pick<Ports, 'identity'>,
  transaction: Parameters<Ports['identity']['recordAudit']>[0],
  actor: Actor,
  resourceId: string,
  detail: string,
): Promise<void> {
  return identity.recordAudit(transaction, actor, {
    action: permissions.watchEndpoint.action,
    resourceType: 'endpoint',
    resourceId,
    result: 'success',
    detail,
  });
}
