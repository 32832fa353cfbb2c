import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { defined } from '../defined.ts';
import { listLinks } from '../links.ts';
import { iamActions } from '../permissions.ts';
import { countReferences } from '../role-assignments/store.ts';
import { createPolicy, deletePolicy, getPolicy, updatePolicy } from './manage-policies.ts';
import type { Policy } from './policy.ts';
import { presentPolicy } from './present-policy.ts';
import { findCustomPolicies } from './store.ts';
import { systemPolicies } from './system-policies.ts';

const text = Type.Optional(Type.String({ maxLength: 256 }));
const displayName = Type.String({ minLength: 1, maxLength: 128 });
const description = Type.String({ maxLength: 255 });
const display = Type.Union([Type.Literal('AX'), Type.Literal('XA'), Type.Literal('AA')]);
const roleParams = Type.Object({ role_id: Type.String() });

const policyDocument = Type.Record(Type.String(), Type.Unknown());
const newPolicy = Type.Object({
  role: Type.Object({ display_name: displayName, type: display, description, policy: policyDocument }),
});
const policyUpdate = Type.Object({
  role: Type.Object({
    display_name: Type.Optional(displayName),
    type: Type.Optional(display),
    description: Type.Optional(description),
    policy: Type.Optional(policyDocument),
  }),
});

export function policyRoutes(iam: IamContext, api: Api): void {
  const query = Type.Object({
    domain_id: text,
    name: text,
    display_name: text,
    type: text,
    catalog: text,
    permission_type: text,
    page: Type.Integer({ minimum: 1, default: 1 }),
    per_page: Type.Integer({ minimum: 1, maximum: 300, default: 300 }),
  });
  api.get(
    '/v3/roles',
    { schema: { operationId: 'listRoles', tags: ['iam'], querystring: query } },
    async ({ actor, query: filter }) => {
      await iam.accessControl.authorize(actor, { action: iamActions.listPolicies });
      // With a domain the account's own, without one the system's.
      const all =
        filter.domain_id === undefined
          ? systemPolicies
          : await ownPolicies(iam, actor.accountId, filter.domain_id);
      const found = all.filter((policy) => matchesFilter(policy, filter));
      const from = (filter.page - 1) * filter.per_page;
      return {
        roles: found
          .slice(from, from + filter.per_page)
          .map((policy) => presentPolicy(policy, iam.publicUrl)),
        links: listLinks(iam.publicUrl, '/v3/roles'),
        total_number: found.length,
      };
    },
  );
  api.get(
    '/v3/roles/:role_id',
    { schema: { operationId: 'getRole', tags: ['iam'], params: roleParams } },
    async ({ actor, params }) => {
      await iam.accessControl.authorize(actor, { action: iamActions.getPolicy });
      return {
        role: presentPolicy(await getPolicy(iam.database, actor.accountId, params.role_id), iam.publicUrl),
      };
    },
  );
  customPolicyRoutes(iam, api);
}

function ownPolicies(iam: IamContext, accountId: string, domainId: string): Promise<Policy[]> {
  return domainId === accountId ? findCustomPolicies(iam.database, accountId) : Promise.resolve([]);
}

interface PolicyFilter {
  readonly name?: string;
  readonly display_name?: string;
  readonly catalog?: string;
  readonly type?: string;
  readonly permission_type?: string;
}

function matchesFilter(policy: Policy, filter: PolicyFilter): boolean {
  const { name, display_name, catalog, type, permission_type } = filter;
  if (name !== undefined && policy.name !== name) return false;
  // The vendor's is a search, its clients check for equality themselves.
  if (display_name !== undefined && !policy.displayName.includes(display_name)) return false;
  if (catalog !== undefined && policy.catalog !== catalog) return false;
  if (type !== undefined && policy.type !== 'AA' && policy.type !== (type === 'domain' ? 'AX' : 'XA'))
    return false;
  const isRole = policy.document.Version === '1.0';
  return permission_type === undefined || isRole === (permission_type === 'role');
}

function customPolicyRoutes(iam: IamContext, api: Api): void {
  const url = '/v3.0/OS-ROLE/roles';
  const present = async (found: Policy, accountId: string) => ({
    ...presentPolicy(found, iam.publicUrl),
    references: await countReferences(iam.database, accountId, found.policyId),
  });

  api.get(url, { schema: { operationId: 'listCustomPolicies', tags: ['iam'] } }, async ({ actor }) => {
    await iam.accessControl.authorize(actor, { action: iamActions.listPolicies });
    const policies = await findCustomPolicies(iam.database, actor.accountId);
    return {
      roles: await Promise.all(policies.map((found) => present(found, actor.accountId))),
      links: listLinks(iam.publicUrl, url),
      total_number: policies.length,
    };
  });
  api.post(
    url,
    { schema: { operationId: 'createCustomPolicy', tags: ['iam'], body: newPolicy } },
    async (request, reply) => {
      const { display_name, type, description: words, policy: document } = request.body.role;
      const input = { displayName: display_name, type, description: words, document };
      const created = await createPolicy(iam, request.actor, input);
      return reply.code(201).send({ role: await present(created, request.actor.accountId) });
    },
  );
  api.get(
    `${url}/:role_id`,
    { schema: { operationId: 'getCustomPolicy', tags: ['iam'], params: roleParams } },
    async ({ actor, params }) => {
      await iam.accessControl.authorize(actor, { action: iamActions.getPolicy });
      const found = await getPolicy(iam.database, actor.accountId, params.role_id);
      return { role: await present(found, actor.accountId) };
    },
  );
  api.patch(
    `${url}/:role_id`,
    { schema: { operationId: 'updateCustomPolicy', tags: ['iam'], params: roleParams, body: policyUpdate } },
    async ({ actor, params, body }) => {
      const { display_name, type, description: words, policy: document } = body.role;
      const input = defined({ displayName: display_name, type, description: words, document });
      return { role: await present(await updatePolicy(iam, actor, params.role_id, input), actor.accountId) };
    },
  );
  api.delete(
    `${url}/:role_id`,
    { schema: { operationId: 'deleteCustomPolicy', tags: ['iam'], params: roleParams } },
    async ({ actor, params }, reply) => {
      await deletePolicy(iam, actor, params.role_id);
      // The Terraform provider takes 200 only.
      return reply.code(200).send();
    },
  );
}
