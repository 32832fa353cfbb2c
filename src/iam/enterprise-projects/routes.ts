import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { defined } from '../defined.ts';
import { notFound } from '../errors.ts';
import { iamActions } from '../permissions.ts';
import type { EnterpriseProjectTable } from '../tables.ts';
import { formatSeconds } from '../timestamps.ts';
import {
  createEnterpriseProject,
  defaultEnterpriseProject,
  enableEnterpriseProject,
  listEnterpriseProjects,
  updateEnterpriseProject,
} from './manage-enterprise-projects.ts';
import { findEnterpriseProjects } from './store.ts';

const url = '/v1.0/enterprise-projects';
const idParams = Type.Object({ enterprise_project_id: Type.String() });
const name = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: '^(?!default$)[\\w\\- \\p{Script=Han}]+$',
});
const description = Type.Optional(Type.String({ maxLength: 512 }));

function present(project: EnterpriseProjectTable) {
  return {
    id: project.enterprise_project_id,
    name: project.name,
    description: project.description,
    type: project.type,
    status: project.enabled ? 1 : 2,
    created_at: formatSeconds(project.created_at),
    updated_at: formatSeconds(project.updated_at),
    delete_flag: false,
  };
}

export function enterpriseProjectRoutes(iam: IamContext, api: Api): void {
  const query = Type.Object({
    id: Type.Optional(Type.String()),
    name: Type.Optional(Type.String()),
    status: Type.Optional(Type.Integer({ minimum: 1, maximum: 2 })),
    type: Type.Optional(Type.String()),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 1000 }),
    offset: Type.Integer({ minimum: 0, default: 0 }),
    sort_key: Type.Optional(Type.String()),
    sort_dir: Type.Optional(Type.Union([Type.Literal('asc'), Type.Literal('desc')])),
  });
  api.get(
    url,
    { schema: { operationId: 'listEnterpriseProjects', tags: ['eps'], querystring: query } },
    async ({ actor, query: filter }) => {
      const { id, name: part, type, status, sort_dir: direction = 'asc', ...page } = filter;
      const search = defined({
        id,
        name: part,
        type,
        enabled: status === undefined ? undefined : status === 1,
      });
      const { projects, total } = await listEnterpriseProjects(iam, actor, search, { ...page, direction });
      return { enterprise_projects: projects.map(present), total_count: total };
    },
  );
  api.get(
    `${url}/:enterprise_project_id`,
    { schema: { operationId: 'getEnterpriseProject', tags: ['eps'], params: idParams } },
    async ({ actor, params: { enterprise_project_id: id } }) => {
      const conditions = { 'g:EnterpriseProjectId': id };
      await iam.accessControl.authorize(actor, { action: iamActions.getEnterpriseProject, conditions });
      const [own] = await findEnterpriseProjects(iam.database, actor.accountId, { id });
      const project = id === '0' ? defaultEnterpriseProject(actor.accountId) : own;
      if (!project) throw notFound('enterprise project', id);
      return { enterprise_project: present(project) };
    },
  );
  changeRoutes(iam, api);
}

function changeRoutes(iam: IamContext, api: Api): void {
  const type = Type.Optional(Type.Union([Type.Literal('prod'), Type.Literal('poc')]));
  const create = Type.Object({ name, description, type });
  api.post(
    url,
    { schema: { operationId: 'createEnterpriseProject', tags: ['eps'], body: create } },
    async ({ actor, body }, reply) =>
      reply.code(201).send({ enterprise_project: present(await createEnterpriseProject(iam, actor, body)) }),
  );
  api.put(
    `${url}/:enterprise_project_id`,
    {
      schema: {
        operationId: 'updateEnterpriseProject',
        tags: ['eps'],
        params: idParams,
        body: Type.Object({ name, description }),
      },
    },
    async ({ actor, params, body }) => {
      const project = await updateEnterpriseProject(iam, actor, params.enterprise_project_id, body);
      return { enterprise_project: present(project) };
    },
  );
  const action = Type.Object({ action: Type.Union([Type.Literal('enable'), Type.Literal('disable')]) });
  api.post(
    `${url}/:enterprise_project_id/action`,
    { schema: { operationId: 'enableEnterpriseProject', tags: ['eps'], params: idParams, body: action } },
    async ({ actor, params, body }, reply) => {
      await enableEnterpriseProject(iam, actor, params.enterprise_project_id, body.action === 'enable');
      return reply.code(204).send();
    },
  );
}
