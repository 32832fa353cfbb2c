import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { defined } from '../defined.ts';
import { presentGroup } from '../groups/present-group.ts';
import { findGroups } from '../groups/store.ts';
import { listLinks } from '../links.ts';
import { iamActions } from '../permissions.ts';
import { presentProject } from '../projects/present-project.ts';
import { requireOwnDomain } from '../projects/routes.ts';
import { findProjects } from '../projects/store.ts';
import { authorizeUnlessSelf } from '../self-service.ts';
import { changeOwnPassword } from './change-own-password.ts';
import { createUser } from './create-user.ts';
import { deleteUser } from './delete-user.ts';
import { presentUser } from './present-user.ts';
import { findUsers } from './store.ts';
import { requireUser, updateUser } from './update-user.ts';

const text = Type.String({ maxLength: 256 });
export const userName = Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z_][\\w.\\- ]*$' });
export const userPassword = Type.String({ maxLength: 128 });
export const userParams = Type.Object({ user_id: Type.String() });
const fields = {
  domain_id: Type.Optional(text),
  password: Type.Optional(userPassword),
  description: Type.Optional(Type.String({ maxLength: 255 })),
  enabled: Type.Optional(Type.Boolean()),
  default_project_id: Type.Optional(text),
};

/** Keystone's interface of users. */
export function userRoutes(iam: IamContext, api: Api): void {
  const query = Type.Object({
    name: Type.Optional(text),
    domain_id: Type.Optional(text),
    enabled: Type.Optional(Type.Boolean()),
    password_expires_at: Type.Optional(text),
  });
  api.get(
    '/v3/users',
    { schema: { operationId: 'listUsers', tags: ['iam'], querystring: query } },
    async ({ actor, query: { name, domain_id, enabled } }) => {
      await iam.accessControl.authorize(actor, { action: iamActions.listUsers });
      const filter = defined({ name, enabled });
      const isElsewhere = domain_id !== undefined && domain_id !== actor.accountId;
      const users = isElsewhere ? [] : await findUsers(iam.database, actor.accountId, filter);
      return {
        users: await Promise.all(users.map((user) => presentUser(user, iam))),
        links: listLinks(iam.publicUrl, '/v3/users'),
      };
    },
  );
  api.get(
    '/v3/users/:user_id',
    { schema: { operationId: 'getUser', tags: ['iam'], params: userParams } },
    async ({ actor, params }) => {
      await authorizeUnlessSelf(iam, actor, params.user_id, iamActions.getUser);
      return { user: await presentUser(await requireUser(iam, actor, params.user_id), iam) };
    },
  );
  changeRoutes(iam, api);
  belongingRoutes(iam, api);
}

function changeRoutes(iam: IamContext, api: Api): void {
  const create = Type.Object({ user: Type.Object({ ...fields, name: userName }) });
  const update = Type.Object({ user: Type.Object({ ...fields, name: Type.Optional(userName) }) });
  const password = Type.Object({
    user: Type.Object({ password: userPassword, original_password: userPassword }),
  });

  api.post(
    '/v3/users',
    { schema: { operationId: 'createUser', tags: ['iam'], body: create } },
    async ({ actor, body }, reply) => {
      const { domain_id, default_project_id: defaultProjectId, ...rest } = body.user;
      requireOwnDomain(actor, domain_id);
      const user = await createUser(iam, actor, { ...rest, defaultProjectId });
      return reply.code(201).send({ user: await presentUser(user, iam) });
    },
  );
  api.patch(
    '/v3/users/:user_id',
    { schema: { operationId: 'updateUser', tags: ['iam'], params: userParams, body: update } },
    async ({ actor, params, body }) => {
      const { domain_id, default_project_id: defaultProjectId, ...rest } = body.user;
      requireOwnDomain(actor, domain_id);
      const user = await updateUser(iam, actor, params.user_id, { ...rest, defaultProjectId });
      return { user: await presentUser(user, iam) };
    },
  );
  api.delete(
    '/v3/users/:user_id',
    { schema: { operationId: 'deleteUser', tags: ['iam'], params: userParams } },
    async ({ actor, params }, reply) => {
      await deleteUser(iam, actor, params.user_id);
      return reply.code(204).send();
    },
  );
  api.post(
    '/v3/users/:user_id/password',
    { schema: { operationId: 'changeOwnPassword', tags: ['iam'], params: userParams, body: password } },
    async ({ actor, params, body }, reply) => {
      const { original_password: original, password: next } = body.user;
      await changeOwnPassword(iam, actor, params.user_id, { original, next });
      return reply.code(204).send();
    },
  );
}

/** What a user belongs to. */
function belongingRoutes(iam: IamContext, api: Api): void {
  api.get(
    '/v3/users/:user_id/groups',
    { schema: { operationId: 'listGroupsOfUser', tags: ['iam'], params: userParams } },
    async ({ actor, params }) => {
      await authorizeUnlessSelf(iam, actor, params.user_id, iamActions.listGroupsOfUser);
      await requireUser(iam, actor, params.user_id);
      const groups = await findGroups(iam.database, actor.accountId, { memberId: params.user_id });
      return {
        groups: groups.map((group) => presentGroup(group, iam.publicUrl)),
        links: listLinks(iam.publicUrl, `/v3/users/${params.user_id}/groups`),
      };
    },
  );
  api.get(
    '/v3/users/:user_id/projects',
    { schema: { operationId: 'listProjectsOfUser', tags: ['iam'], params: userParams } },
    async ({ actor, params }) => {
      await authorizeUnlessSelf(iam, actor, params.user_id, iamActions.getUser);
      await requireUser(iam, actor, params.user_id);
      const projects = await findProjects(iam.database, actor.accountId, { enabled: true });
      return {
        projects: projects.map((project) => presentProject(project, iam.publicUrl)),
        links: listLinks(iam.publicUrl, `/v3/users/${params.user_id}/projects`),
      };
    },
  );
}
