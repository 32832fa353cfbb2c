import type { Actor } from '../../iam/actor.ts';
import { accessRequest } from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import {
  certificatesByFingerprint,
  countEndpoints,
  type Endpoint,
  findEndpoint,
  listEndpoints as listRows,
} from './endpoint-store.ts';
import { endpointNotFound } from './watch-endpoint.ts';

type Ports = Pick<SslCertificatesPorts, 'database' | 'identity'>;

export interface ShownEndpoint {
  readonly endpoint: Endpoint;
  /** The certificate of the account that is served there; undefined if it is not kept here. */
  readonly certificateId: string | undefined;
}

/** One page, the latest first. Throws AccessDenied. */
export async function listEndpoints(
  { database, identity }: Ports,
  actor: Actor,
  page: { readonly offset: number; readonly limit: number },
): Promise<{ readonly total: number; readonly endpoints: readonly ShownEndpoint[] }> {
  await identity.authorize(actor, accessRequest('listEndpoints'));
  const { accountId } = actor;
  const rows = await listRows(database, accountId, page);
  return {
    total: await countEndpoints(database, accountId),
    endpoints: await withCertificates(database, accountId, rows),
  };
}

/** Throws AccessDenied, SCM.0094. */
export async function getEndpoint(
  { database, identity }: Ports,
  actor: Actor,
  endpointId: string,
): Promise<ShownEndpoint> {
  await identity.authorize(actor, accessRequest('listEndpoints'));
  const endpoint = await findEndpoint(database, actor.accountId, endpointId);
  if (!endpoint) throw endpointNotFound(endpointId);
  const [shown] = await withCertificates(database, actor.accountId, [endpoint]);
  return shown!;
}

export async function withCertificates(
  database: Ports['database'],
  accountId: string,
  endpoints: readonly Endpoint[],
): Promise<ShownEndpoint[]> {
  const fingerprints = endpoints.flatMap(({ fingerprint }) => fingerprint ?? []);
  const byFingerprint = await certificatesByFingerprint(database, accountId, fingerprints);
  return endpoints.map((endpoint) => ({
    endpoint,
    certificateId: byFingerprint.get(endpoint.fingerprint ?? ''),
  }));
}
