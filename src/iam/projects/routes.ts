import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { Actor } from '../actor.ts';
import type { IamContext } from '../context.ts';
import { defined } from '../defined.ts';
import { forbidden, notFound } from '../errors.ts';
import { listLinks } from '../links.ts';
import { iamActions } from '../permissions.ts';
import type { ProjectTable } from '../tables.ts';
import { createProject, deleteProject, updateProject } from './manage-projects.ts';
import { presentProject } from './present-project.ts';
import { findProject, findProjects } from './store.ts';

const text = Type.String({ maxLength: 256 });
const projectName = Type.String({ minLength: 1, maxLength: 64, pattern: '^[\\w-]+$' });
const description = Type.Optional(Type.String({ maxLength: 255 }));
const projectQuery = Type.Object({
  name: Type.Optional(text),
  domain_id: Type.Optional(text),
  parent_id: Type.Optional(text),
  enabled: Type.Optional(Type.Boolean()),
  is_domain: Type.Optional(Type.Boolean()),
  page: Type.Optional(Type.Integer({ minimum: 1 })),
  per_page: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000 })),
});
const projectParams = Type.Object({ project_id: Type.String() });

const newProject = Type.Object({
  project: Type.Object({
    name: projectName,
    parent_id: Type.Optional(text),
    domain_id: Type.Optional(text),
    description,
  }),
});
const projectUpdate = Type.Object({
  project: Type.Object({
    name: Type.Optional(projectName),
    description,
    enabled: Type.Optional(Type.Boolean()),
  }),
});

/** A domain id in a body may repeat the caller's account and nothing else. */
export function requireOwnDomain(actor: Actor, domainId: string | undefined): void {
  if (domainId !== undefined && domainId !== '' && domainId !== actor.accountId)
    throw forbidden('domain_id is not the account of the caller.');
}

export function projectRoutes(iam: IamContext, api: Api): void {
  const present = (project: ProjectTable) => presentProject(project, iam.publicUrl);

  api.get(
    '/v3/projects',
    { schema: { operationId: 'listProjects', tags: ['iam'], querystring: projectQuery } },
    async ({ actor, query }) => {
      await iam.accessControl.requireNotDenied(actor, { action: iamActions.listProjects });
      const { name, parent_id, domain_id, enabled, is_domain, page = 1, per_page } = query;
      const isElsewhere = is_domain === true || (domain_id !== undefined && domain_id !== actor.accountId);
      const filter = defined({ name, parentId: parent_id, enabled });
      const found = isElsewhere ? [] : await findProjects(iam.database, actor.accountId, filter);
      const projects = per_page === undefined ? found : found.slice((page - 1) * per_page, page * per_page);
      return { projects: projects.map(present), links: listLinks(iam.publicUrl, '/v3/projects') };
    },
  );

  api.get(
    '/v3/auth/projects',
    { schema: { operationId: 'listAuthProjects', tags: ['iam'] } },
    async ({ actor }) => {
      await iam.accessControl.requireNotDenied(actor, { action: iamActions.listProjects });
      const projects = await findProjects(iam.database, actor.accountId, { enabled: true });
      return { projects: projects.map(present), links: listLinks(iam.publicUrl, '/v3/auth/projects') };
    },
  );

  for (const url of ['/v3/projects/:project_id', '/v3-ext/projects/:project_id']) {
    const operationId = url.startsWith('/v3-ext') ? 'getProjectStatus' : 'getProject';
    api.get(url, { schema: { operationId, tags: ['iam'], params: projectParams } }, async (request) => {
      const { project_id: id } = request.params as { project_id: string };
      await iam.accessControl.requireNotDenied(request.actor, { action: iamActions.getProject });
      const project = await findProject(iam.database, request.actor.accountId, id);
      if (!project) throw notFound('project', id);
      return { project: { ...present(project), status: project.enabled ? 'normal' : 'suspended' } };
    });
  }
  changeRoutes(iam, api);
}

function changeRoutes(iam: IamContext, api: Api): void {
  api.post(
    '/v3/projects',
    { schema: { operationId: 'createProject', tags: ['iam'], body: newProject } },
    async ({ actor, body }, reply) => {
      const { name, parent_id: parentId, domain_id, description: words } = body.project;
      requireOwnDomain(actor, domain_id);
      const project = await createProject(iam, actor, { name, parentId, description: words });
      return reply.code(201).send({ project: presentProject(project, iam.publicUrl) });
    },
  );
  api.patch(
    '/v3/projects/:project_id',
    { schema: { operationId: 'updateProject', tags: ['iam'], params: projectParams, body: projectUpdate } },
    async ({ actor, params, body }) => ({
      project: presentProject(
        await updateProject(iam, actor, params.project_id, body.project),
        iam.publicUrl,
      ),
    }),
  );
  api.put(
    '/v3-ext/projects/:project_id',
    {
      schema: {
        operationId: 'setProjectStatus',
        tags: ['iam'],
        params: projectParams,
        body: Type.Object({
          project: Type.Object({ status: Type.Union([Type.Literal('normal'), Type.Literal('suspended')]) }),
        }),
      },
    },
    async ({ actor, params, body }, reply) => {
      await updateProject(iam, actor, params.project_id, { enabled: body.project.status === 'normal' });
      return reply.code(204).send();
    },
  );
  api.delete(
    '/v3/projects/:project_id',
    { schema: { operationId: 'deleteProject', tags: ['iam'], params: projectParams } },
    async ({ actor, params }, reply) => {
      await deleteProject(iam, actor, params.project_id);
      // The Terraform provider takes 200 only.
      return reply.code(200).send();
    },
  );
}
