import { createHash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { encodePem, nameToString, parseCertificate } from '../../pki/index.ts';
import type { ApiPlugin } from '../../platform/http/index.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { wireTime } from '../wire-time.ts';
import { getEndpoint, listEndpoints, type ShownEndpoint, withCertificates } from './list-endpoints.ts';
import { unwatchEndpoint, watchEndpoint } from './watch-endpoint.ts';

const tags = ['Watched endpoints (extension)'];
const orNull = Type.Union([Type.String(), Type.Null()]);

const endpointSchema = Type.Object({
  endpoint_id: Type.String(),
  host: Type.String(),
  port: Type.Integer(),
  server_name: Type.String(),
  create_time: orNull,
  probe_time: orNull,
  failure: Type.Union([Type.String(), Type.Null()], { description: 'Why the last look saw nothing.' }),
  certificate: Type.Union([
    Type.Object({
      subject: Type.String(),
      issuer: Type.String(),
      not_before: orNull,
      not_after: orNull,
      fingerprint: Type.String({ description: 'SHA-1.' }),
      fingerprint_sha256: Type.String(),
      verdict: Type.String({ description: 'trusted, or why clients that trust the public CAs refuse it.' }),
      certificate_id: Type.Union([Type.String(), Type.Null()], {
        description: 'The certificate of this account that it is.',
      }),
      pem: Type.String(),
    }),
    Type.Null(),
  ]),
});

const watchBody = Type.Object({
  host: Type.String({ pattern: '^[A-Za-z0-9._:-]{1,255}$', description: 'Name or IP address.' }),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  server_name: Type.Optional(
    Type.String({ pattern: '^[A-Za-z0-9._-]{0,255}$', description: 'For SNI; default: the host.' }),
  ),
});

const params = Type.Object({ endpoint_id: Type.String({ pattern: '^[0-9a-f]{32}$' }) });
const query = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 50, default: 10 }),
  offset: Type.Integer({ minimum: 0, default: 0 }),
});
const listing = Type.Object({ total_count: Type.Integer(), endpoints: Type.Array(endpointSchema) });
const noContent = { 204: Type.Unsafe<void>(Type.Unknown({ description: 'Done.' })) };

/** What certificates are served elsewhere: an extension, the vendor has nothing like it. */
export function inventoryRoutes(ports: SslCertificatesPorts): ApiPlugin {
  return (api) => {
    api.post(
      '/v3/scm/endpoints',
      { schema: { operationId: 'watchEndpoint', tags, body: watchBody, response: { 201: endpointSchema } } },
      async ({ actor, body }, reply) => {
        const endpoint = await watchEndpoint(ports, actor, body);
        const [shown] = await withCertificates(ports.database, actor.accountId, [endpoint]);
        return reply.code(201).send(presentEndpoint(shown!));
      },
    );
    api.get(
      '/v3/scm/endpoints',
      { schema: { operationId: 'listEndpoints', tags, querystring: query, response: { 200: listing } } },
      async ({ actor, query: page }) => {
        const { total, endpoints } = await listEndpoints(ports, actor, page);
        return { total_count: total, endpoints: endpoints.map(presentEndpoint) };
      },
    );
    api.get(
      '/v3/scm/endpoints/:endpoint_id',
      { schema: { operationId: 'showEndpoint', tags, params, response: { 200: endpointSchema } } },
      async ({ actor, params: { endpoint_id: id } }) => presentEndpoint(await getEndpoint(ports, actor, id)),
    );
    api.delete(
      '/v3/scm/endpoints/:endpoint_id',
      { schema: { operationId: 'unwatchEndpoint', tags, params, response: noContent } },
      async ({ actor, params: { endpoint_id: id } }, reply) => {
        await unwatchEndpoint(ports, actor, id);
        return reply.code(204).send();
      },
    );
  };
}

function presentEndpoint({ endpoint, certificateId }: ShownEndpoint): Static<typeof endpointSchema> {
  return {
    endpoint_id: endpoint.endpoint_id,
    host: endpoint.host,
    port: endpoint.port,
    server_name: endpoint.server_name,
    create_time: wireTime(endpoint.created_at),
    probe_time: wireTime(endpoint.probed_at),
    failure: endpoint.last_failure,
    certificate:
      endpoint.certificate_der === null
        ? null
        : presentCertificate(endpoint.certificate_der, endpoint.verdict ?? '', certificateId),
  };
}

function presentCertificate(der: Uint8Array, verdict: string, certificateId: string | undefined) {
  const { subject, issuer, notBeforeMs, notAfterMs } = parseCertificate(der);
  const digest = (algorithm: 'sha1' | 'sha256') => createHash(algorithm).update(der).digest('hex');
  return {
    subject: nameToString(subject),
    issuer: nameToString(issuer),
    not_before: wireTime(notBeforeMs),
    not_after: wireTime(notAfterMs),
    fingerprint: digest('sha1'),
    fingerprint_sha256: digest('sha256'),
    verdict,
    certificate_id: certificateId ?? null,
    pem: encodePem('CERTIFICATE', der),
  };
}
