import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { Actor } from '../actor.ts';
import type { IamContext } from '../context.ts';
import { defined } from '../defined.ts';
import { listLinks } from '../links.ts';
import { iamActions } from '../permissions.ts';
import { presentPolicy } from '../policies/present-policy.ts';
import type { AssignmentScopeKind, AssignmentSubjectKind } from '../tables.ts';
import {
  type AssignmentPlace,
  checkGranted,
  grantPolicy,
  listGrantedPolicies,
  revokePolicy,
} from './manage-assignments.ts';
import { findAssignments } from './store.ts';

/** A family of routes: to whom, where, and how the vendor writes it. `:scope_id`, `:subject_id` and `:role_id` are its parameters. */
interface AssignmentRoutes {
  readonly subjectKind: AssignmentSubjectKind;
  readonly scopeKind: AssignmentScopeKind;
  readonly list: string;
  readonly one: string;
}

function inherited(base: string, subjects: string): Pick<AssignmentRoutes, 'list' | 'one'> {
  const roles = `${base}/OS-INHERIT/domains/:scope_id/${subjects}/:subject_id/roles`;
  return { list: `${roles}/inherited_to_projects`, one: `${roles}/:role_id/inherited_to_projects` };
}

function direct(base: string, scopes: string, subjects: string): Pick<AssignmentRoutes, 'list' | 'one'> {
  const list = `${base}/${scopes}/:scope_id/${subjects}/:subject_id/roles`;
  return { list, one: `${list}/:role_id` };
}

const families: readonly AssignmentRoutes[] = [
  { subjectKind: 'group', scopeKind: 'domain', ...direct('/v3', 'domains', 'groups') },
  { subjectKind: 'group', scopeKind: 'project', ...direct('/v3', 'projects', 'groups') },
  { subjectKind: 'group', scopeKind: 'all-projects', ...inherited('/v3', 'groups') },
  {
    subjectKind: 'group',
    scopeKind: 'enterprise-project',
    ...direct('/v3.0/OS-PERMISSION', 'enterprise-projects', 'groups'),
  },
  {
    subjectKind: 'user',
    scopeKind: 'enterprise-project',
    ...direct('/v3.0/OS-PERMISSION', 'enterprise-projects', 'users'),
  },
  { subjectKind: 'agency', scopeKind: 'domain', ...direct('/v3.0/OS-AGENCY', 'domains', 'agencies') },
  { subjectKind: 'agency', scopeKind: 'project', ...direct('/v3.0/OS-AGENCY', 'projects', 'agencies') },
  { subjectKind: 'agency', scopeKind: 'all-projects', ...inherited('/v3.0', 'agencies') },
];

const placeParams = Type.Object({ scope_id: Type.String(), subject_id: Type.String() });
const oneParams = Type.Object({ scope_id: Type.String(), subject_id: Type.String(), role_id: Type.String() });

export function assignmentRoutes(iam: IamContext, api: Api): void {
  for (const family of families) familyRoutes(iam, api, family);
  enterpriseAgencyRoutes(iam, api);
  listRoutes(iam, api);
}

function familyRoutes(
  iam: IamContext,
  api: Api,
  { subjectKind, scopeKind, list, one }: AssignmentRoutes,
): void {
  const name = `${subjectKind[0]!.toUpperCase()}${subjectKind.slice(1)}On${scopeKind.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase())}`;
  const place = (params: { scope_id: string; subject_id: string }): AssignmentPlace => ({
    subjectKind,
    subjectId: params.subject_id,
    scopeKind,
    scopeId: params.scope_id,
  });
  const schema = { tags: ['iam'], params: oneParams };

  api.get(
    list,
    { schema: { operationId: `listRolesOf${name}`, tags: ['iam'], params: placeParams } },
    async ({ actor, params, url }) => {
      const policies = await listGrantedPolicies(iam, actor, place(params));
      return {
        roles: policies.map((policy) => presentPolicy(policy, iam.publicUrl)),
        links: listLinks(iam.publicUrl, url),
        total_number: policies.length,
      };
    },
  );
  api.put(
    one,
    { schema: { ...schema, operationId: `grantRoleTo${name}` } },
    async ({ actor, params }, reply) => {
      await grantPolicy(iam, actor, place(params), params.role_id);
      return reply.code(204).send();
    },
  );
  api.head(
    one,
    { schema: { ...schema, operationId: `checkRoleOf${name}` } },
    async ({ actor, params }, reply) => {
      await checkGranted(iam, actor, place(params), params.role_id);
      return reply.code(204).send();
    },
  );
  api.delete(
    one,
    { schema: { ...schema, operationId: `revokeRoleFrom${name}` } },
    async ({ actor, params }, reply) => {
      await revokePolicy(iam, actor, place(params), params.role_id);
      return reply.code(204).send();
    },
  );
}

/** The vendor takes grants of agencies on enterprise projects as a list in the body. */
function enterpriseAgencyRoutes(iam: IamContext, api: Api): void {
  const url = '/v3.0/OS-PERMISSION/subjects/agency/scopes/enterprise-project/role-assignments';
  const assignment = Type.Object({
    agency_id: Type.String(),
    enterprise_project_id: Type.String(),
    role_id: Type.String(),
  });
  const body = Type.Object({ role_assignments: Type.Array(assignment, { minItems: 1, maxItems: 20 }) });
  const each = async (
    assignments: readonly { agency_id: string; enterprise_project_id: string; role_id: string }[],
    act: (place: AssignmentPlace, roleId: string) => Promise<void>,
  ) => {
    for (const { agency_id, enterprise_project_id, role_id } of assignments) {
      const scope = { scopeKind: 'enterprise-project', scopeId: enterprise_project_id } as const;
      await act({ subjectKind: 'agency', subjectId: agency_id, ...scope }, role_id);
    }
  };
  api.put(
    url,
    { schema: { operationId: 'grantRolesToAgencies', tags: ['iam'], body } },
    async (request, reply) => {
      await each(request.body.role_assignments, (place, id) => grantPolicy(iam, request.actor, place, id));
      return reply.code(200).send();
    },
  );
  api.delete(
    url,
    { schema: { operationId: 'revokeRolesFromAgencies', tags: ['iam'], body } },
    async (request, reply) => {
      await each(request.body.role_assignments, (place, id) => revokePolicy(iam, request.actor, place, id));
      return reply.code(204).send();
    },
  );
}

function listRoutes(iam: IamContext, api: Api): void {
  const text = Type.Optional(Type.String());
  const query = Type.Object({
    domain_id: text,
    role_id: text,
    subject: text,
    'subject.user_id': text,
    'subject.group_id': text,
    'subject.agency_id': text,
    scope: text,
    'scope.project_id': text,
    'scope.domain_id': text,
    'scope.enterprise_projects_id': text,
    page: Type.Integer({ minimum: 1, default: 1 }),
    per_page: Type.Optional(Type.Integer({ minimum: 1, maximum: 50 })),
  });
  api.get(
    '/v3.0/OS-PERMISSION/role-assignments',
    { schema: { operationId: 'listRoleAssignments', tags: ['iam'], querystring: query } },
    async ({ actor, query: filter }) => {
      await iam.accessControl.authorize(actor, { action: iamActions.listAssignments });
      const { page, per_page, ...wanted } = filter;
      const found = await listAssignments(iam, actor, wanted);
      const role_assignments =
        per_page === undefined ? found : found.slice((page - 1) * per_page, page * per_page);
      return { total_num: found.length, role_assignments };
    },
  );
}

type AssignmentQuery = Readonly<Partial<Record<string, string>>>;

async function listAssignments(iam: IamContext, actor: Actor, query: AssignmentQuery): Promise<object[]> {
  const subjectId = query['subject.user_id'] ?? query['subject.group_id'] ?? query['subject.agency_id'];
  const scopeId =
    query['scope.project_id'] ?? query['scope.domain_id'] ?? query['scope.enterprise_projects_id'];
  const rows = await findAssignments(iam.database, actor.accountId, {
    ...(subjectId === undefined ? {} : { subjectIds: [subjectId] }),
    ...defined({ scopeId, policyId: query.role_id }),
  });
  const scopeWords = {
    domain: 'domain',
    project: 'project',
    'all-projects': 'domain',
    'enterprise-project': 'enterprise_project',
  };
  return rows
    .filter((row) => query.subject === undefined || row.subject_kind === query.subject)
    .filter((row) => query.scope === undefined || scopeWords[row.scope_kind] === query.scope)
    .map((row) => ({
      [row.subject_kind]: { id: row.subject_id },
      role: { id: row.policy_id },
      scope: { [scopeWords[row.scope_kind]]: { id: row.scope_id } },
      is_inherited: row.scope_kind === 'all-projects',
    }));
}
