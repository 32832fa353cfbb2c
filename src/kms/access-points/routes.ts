import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { KmsContext } from '../context.ts';
import { presentPage } from '../queries/page.ts';
import { callerOf } from '../request-caller.ts';
import { base64, optionalText } from '../request-fields.ts';
import {
  deleteAccessPoint,
  listAccessPoints,
  readAccessPointKey,
  switchAccessPoint,
} from './access-points.ts';
import { createAccessPoint } from './create-access-point.ts';
import type { AccessPointTable } from './tables.ts';

const tags = ['kms'];
const base = '/v1.0/:project_id/kms/access-points';
const params = Type.Object({ project_id: Type.String(), access_point_id: Type.String() });

function presentAccessPoint(row: AccessPointTable) {
  return {
    access_point_id: row.access_point_id,
    keyspace_id: row.keyspace_id,
    access_point_name: row.access_point_name,
    state: row.is_enabled,
    type: row.type,
    created_by: row.created_by,
    create_time: String(row.created_at),
    // So spelt in the service's own API.
    lsat_modify_time: String(row.modified_at),
  };
}

function collectionRoutes(context: KmsContext, api: Api): void {
  const body = Type.Object({
    keyspace_id: Type.String(),
    access_point_name: Type.String(),
    type: Type.Integer(),
    identity: optionalText,
    cluster_id: optionalText,
    description: optionalText,
  });
  api.post(base, { schema: { operationId: 'createAccessPoint', tags, body } }, async (request) => {
    const created = await createAccessPoint(context, callerOf(request), {
      keyspaceId: request.body.keyspace_id,
      accessPointName: request.body.access_point_name,
      type: request.body.type,
      identity: request.body.identity || undefined,
      clusterId: request.body.cluster_id || undefined,
      description: request.body.description || undefined,
    });
    return { access_point_id: created.access_point_id };
  });
  const querystring = Type.Object({ keyspace_id: Type.String(), limit: optionalText, marker: optionalText });
  api.get(base, { schema: { operationId: 'listAccessPoint', tags, querystring } }, async (request) => {
    const { keyspace_id: keyspaceId, limit, marker } = request.query;
    const input = { keyspaceId, limit, marker };
    const { rows, total, page } = await listAccessPoints(context, callerOf(request), input);
    const { next_marker } = presentPage(page, rows.length, total);
    return {
      access_points: rows.map(presentAccessPoint),
      page_info: { next_marker, current_count: rows.length },
    };
  });
}

function itemRoutes(context: KmsContext, api: Api): void {
  const item = `${base}/:access_point_id`;
  api.delete(item, { schema: { operationId: 'deleteAccessPoint', tags, params } }, async (request, reply) => {
    await deleteAccessPoint(context, callerOf(request), request.params.access_point_id);
    return reply.code(204).send();
  });
  for (const [verb, operationId, to] of [
    ['enable', 'enableAccessPoint', 'enabled'],
    ['disable', 'disableAccessPoint', 'disabled'],
  ] as const)
    api.post(`${item}/${verb}`, { schema: { operationId, tags, params } }, async (request) => {
      await switchAccessPoint(context, callerOf(request), request.params.access_point_id, to);
      return {};
    });
  api.post(
    `${item}/get-privatekey`,
    { schema: { operationId: 'downloadAccessPointPrivateKey', tags, params } },
    async (request) => {
      const { access_point_id: id } = request.params;
      const { accessPointId, privateKeyPkcs8 } = await readAccessPointKey(context, callerOf(request), id);
      const privateKey = base64(privateKeyPkcs8);
      privateKeyPkcs8.fill(0);
      return { access_point_id: accessPointId, private_key: privateKey };
    },
  );
}

export function accessPointRoutes(context: KmsContext, api: Api): void {
  collectionRoutes(context, api);
  itemRoutes(context, api);
}
