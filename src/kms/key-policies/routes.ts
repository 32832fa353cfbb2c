import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { KmsContext } from '../context.ts';
import { presentPage } from '../queries/page.ts';
import { callerOf } from '../request-caller.ts';
import { optionalText } from '../request-fields.ts';
import type { KeyPolicyTable } from '../tables.ts';
import {
  createKeyPolicy,
  deleteKeyPolicy,
  getKeyPolicy,
  listKeyPolicies,
  updateKeyPolicy,
} from './key-policies.ts';
import type { PolicyDocument } from './policy-document.ts';

const tags = ['kms'];
const policyPath = Type.Object({ project_id: Type.String(), policy_id: Type.String() });

function documentOf(policy: KeyPolicyTable): PolicyDocument {
  return JSON.parse(policy.policy) as PolicyDocument;
}

/** The list alone has two of the names in camel case. */
function presentListedDocument(policy: KeyPolicyTable) {
  const {
    validity_period: validityPeriod,
    allowed_access_point: allowedAccessPoint,
    ...rest
  } = documentOf(policy);
  return {
    ...rest,
    ...(validityPeriod && { validityPeriod }),
    ...(allowedAccessPoint && { allowedAccessPoint }),
  };
}

function presentPolicy(policy: KeyPolicyTable) {
  return {
    policy_id: policy.policy_id,
    policy_name: policy.policy_name,
    keyspace_id: policy.keyspace_id,
    description: policy.description,
    created_by: policy.created_by,
    create_time: String(policy.created_at),
    last_modify_time: String(policy.modified_at),
    last_access_time: String(policy.accessed_at),
  };
}

function collectionRoutes(context: KmsContext, api: Api): void {
  const body = Type.Object({
    keyspace_id: Type.String(),
    policy_name: Type.String(),
    policy: Type.String(),
    description: optionalText,
  });
  api.post(
    '/v1.0/:project_id/kms/key-policies',
    { schema: { operationId: 'createKeyPolicy', tags, body } },
    async (request) => {
      const created = await createKeyPolicy(context, callerOf(request), {
        keyspaceId: request.body.keyspace_id,
        policyName: request.body.policy_name,
        policy: request.body.policy,
        description: request.body.description,
      });
      return { policy_id: created.policy_id };
    },
  );
  const querystring = Type.Object({ keyspace_id: Type.String(), limit: optionalText, marker: optionalText });
  api.get(
    '/v1.0/:project_id/kms/key-policies',
    { schema: { operationId: 'listKeyPolicy', tags, querystring } },
    async (request) => {
      const { keyspace_id: keyspaceId, limit, marker } = request.query;
      const input = { keyspaceId, limit, marker };
      const { rows, total, page } = await listKeyPolicies(context, callerOf(request), input);
      const { next_marker } = presentPage(page, rows.length, total);
      return {
        keyspace_policies: rows.map((row) => ({ ...presentPolicy(row), policy: presentListedDocument(row) })),
        page_info: { next_marker, current_count: rows.length },
      };
    },
  );
}

function itemRoutes(context: KmsContext, api: Api): void {
  const path = '/v1.0/:project_id/kms/key-policies/:policy_id';
  api.get(path, { schema: { operationId: 'showKeyPolicy', tags, params: policyPath } }, async (request) => {
    const found = await getKeyPolicy(context, callerOf(request), request.params.policy_id);
    return { ...presentPolicy(found), policy: documentOf(found) };
  });
  const body = Type.Object({ policy: Type.String(), description: optionalText });
  api.put(
    path,
    { schema: { operationId: 'updateKeyPolicy', tags, params: policyPath, body } },
    async (request) => {
      const { policy, description } = request.body;
      const id = request.params.policy_id;
      const updated = await updateKeyPolicy(context, callerOf(request), id, { policy, description });
      return {
        policy_id: updated.policy_id,
        policy: documentOf(updated),
        description: updated.description,
        last_modify_time: String(updated.modified_at),
      };
    },
  );
  api.delete(
    path,
    { schema: { operationId: 'deleteKeyPolicy', tags, params: policyPath } },
    async (request, reply) => {
      await deleteKeyPolicy(context, callerOf(request), request.params.policy_id);
      return reply.code(204).send();
    },
  );
}

export function keyPolicyRoutes(context: KmsContext, api: Api): void {
  collectionRoutes(context, api);
  itemRoutes(context, api);
}
