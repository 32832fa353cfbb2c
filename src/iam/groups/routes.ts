import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { Actor } from '../actor.ts';
import type { IamContext } from '../context.ts';
import { defined } from '../defined.ts';
import { notFound } from '../errors.ts';
import { listLinks } from '../links.ts';
import { iamActions } from '../permissions.ts';
import { requireOwnDomain } from '../projects/routes.ts';
import type { GroupTable } from '../tables.ts';
import { presentUser } from '../users/present-user.ts';
import { findUsers } from '../users/store.ts';
import { createGroup, deleteGroup, updateGroup } from './manage-groups.ts';
import { addMember, removeMember } from './manage-members.ts';
import { presentGroup } from './present-group.ts';
import { findGroup, findGroups, isMember } from './store.ts';

const text = Type.String({ maxLength: 256 });
const groupName = Type.String({ minLength: 1, maxLength: 128 });
const description = Type.Optional(Type.String({ maxLength: 255 }));
const groupParams = Type.Object({ group_id: Type.String() });
const memberParams = Type.Object({ group_id: Type.String(), user_id: Type.String() });

export async function requireGroup(iam: IamContext, actor: Actor, groupId: string): Promise<GroupTable> {
  const group = await findGroup(iam.database, actor.accountId, groupId);
  if (!group) throw notFound('group', groupId);
  return group;
}

export function groupRoutes(iam: IamContext, api: Api): void {
  const query = Type.Object({ name: Type.Optional(text), domain_id: Type.Optional(text) });
  api.get(
    '/v3/groups',
    { schema: { operationId: 'listGroups', tags: ['iam'], querystring: query } },
    async ({ actor, query: { name, domain_id } }) => {
      await iam.accessControl.authorize(actor, { action: iamActions.listGroups });
      const isElsewhere = domain_id !== undefined && domain_id !== actor.accountId;
      const filter = defined({ name });
      const groups = isElsewhere ? [] : await findGroups(iam.database, actor.accountId, filter);
      return {
        groups: groups.map((group) => presentGroup(group, iam.publicUrl)),
        links: listLinks(iam.publicUrl, '/v3/groups'),
      };
    },
  );
  api.get(
    '/v3/groups/:group_id',
    { schema: { operationId: 'getGroup', tags: ['iam'], params: groupParams } },
    async ({ actor, params }) => {
      await iam.accessControl.authorize(actor, { action: iamActions.getGroup });
      return { group: presentGroup(await requireGroup(iam, actor, params.group_id), iam.publicUrl) };
    },
  );
  changeRoutes(iam, api);
  memberRoutes(iam, api);
}

function changeRoutes(iam: IamContext, api: Api): void {
  const create = Type.Object({
    group: Type.Object({ name: groupName, description, domain_id: Type.Optional(text) }),
  });
  const update = Type.Object({
    group: Type.Object({ name: Type.Optional(groupName), description, domain_id: Type.Optional(text) }),
  });
  api.post(
    '/v3/groups',
    { schema: { operationId: 'createGroup', tags: ['iam'], body: create } },
    async ({ actor, body }, reply) => {
      const { domain_id, ...fields } = body.group;
      requireOwnDomain(actor, domain_id);
      return reply
        .code(201)
        .send({ group: presentGroup(await createGroup(iam, actor, fields), iam.publicUrl) });
    },
  );
  api.patch(
    '/v3/groups/:group_id',
    { schema: { operationId: 'updateGroup', tags: ['iam'], params: groupParams, body: update } },
    async ({ actor, params, body }) => {
      const { domain_id, name, description: words } = body.group;
      requireOwnDomain(actor, domain_id);
      const change = defined({ name, description: words });
      return { group: presentGroup(await updateGroup(iam, actor, params.group_id, change), iam.publicUrl) };
    },
  );
  api.delete(
    '/v3/groups/:group_id',
    { schema: { operationId: 'deleteGroup', tags: ['iam'], params: groupParams } },
    async ({ actor, params }, reply) => {
      await deleteGroup(iam, actor, params.group_id);
      return reply.code(204).send();
    },
  );
}

function memberRoutes(iam: IamContext, api: Api): void {
  api.get(
    '/v3/groups/:group_id/users',
    { schema: { operationId: 'listGroupMembers', tags: ['iam'], params: groupParams } },
    async ({ actor, params }) => {
      await iam.accessControl.authorize(actor, { action: iamActions.listGroupMembers });
      await requireGroup(iam, actor, params.group_id);
      const users = await findUsers(iam.database, actor.accountId, { groupId: params.group_id });
      return {
        users: await Promise.all(users.map((user) => presentUser(user, iam))),
        links: listLinks(iam.publicUrl, `/v3/groups/${params.group_id}/users`),
      };
    },
  );
  const url = '/v3/groups/:group_id/users/:user_id';
  const schema = { tags: ['iam'], params: memberParams };
  api.head(
    url,
    { schema: { ...schema, operationId: 'checkGroupMember' } },
    async ({ actor, params }, reply) => {
      await iam.accessControl.authorize(actor, { action: iamActions.checkMember });
      await requireGroup(iam, actor, params.group_id);
      if (!(await isMember(iam.database, params.group_id, params.user_id)))
        throw notFound('user in group', params.user_id);
      return reply.code(204).send();
    },
  );
  api.put(url, { schema: { ...schema, operationId: 'addGroupMember' } }, async ({ actor, params }, reply) => {
    await addMember(iam, actor, params.group_id, params.user_id);
    return reply.code(204).send();
  });
  api.delete(
    url,
    { schema: { ...schema, operationId: 'removeGroupMember' } },
    async ({ actor, params }, reply) => {
      await removeMember(iam, actor, params.group_id, params.user_id);
      return reply.code(204).send();
    },
  );
}
