import { type Static, Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { iamActions } from '../permissions.ts';
import { requireOwnDomain } from '../projects/routes.ts';
import { authorizeUnlessSelf } from '../self-service.ts';
import { changeOwnContact } from './change-own-contact.ts';
import { createUser } from './create-user.ts';
import { presentFullUser } from './present-user.ts';
import { userName, userParams, userPassword } from './routes.ts';
import { requireUser, updateUser } from './update-user.ts';
import type { UserFields } from './user-fields.ts';

const text = Type.Optional(Type.String({ maxLength: 255 }));
const accessMode = Type.Union([
  Type.Literal('default'),
  Type.Literal('programmatic'),
  Type.Literal('console'),
]);
const fields = {
  domain_id: text,
  password: Type.Optional(userPassword),
  email: text,
  areacode: text,
  phone: text,
  description: text,
  access_mode: Type.Optional(accessMode),
  xuser_id: text,
  xuser_type: text,
  enabled: Type.Optional(Type.Boolean()),
  pwd_status: Type.Optional(Type.Boolean()),
};
const update = Type.Object({ ...fields, name: Type.Optional(userName) });

/** The newer interface of users, which the Terraform provider speaks. */
export function fullUserRoutes(iam: IamContext, api: Api): void {
  const create = Type.Object({ user: Type.Object({ ...fields, name: userName }) });
  const present = presentFullUser;
  api.post(
    '/v3.0/OS-USER/users',
    { schema: { operationId: 'createFullUser', tags: ['iam'], body: create } },
    async ({ actor, body }, reply) => {
      requireOwnDomain(actor, body.user.domain_id);
      const user = await createUser(iam, actor, { ...fieldsOf(body.user), name: body.user.name });
      return reply.code(201).send({ user: await present(user, iam) });
    },
  );
  api.get(
    '/v3.0/OS-USER/users/:user_id',
    { schema: { operationId: 'getFullUser', tags: ['iam'], params: userParams } },
    async ({ actor, params }) => {
      await authorizeUnlessSelf(iam, actor, params.user_id, iamActions.getUser);
      return { user: await present(await requireUser(iam, actor, params.user_id), iam) };
    },
  );
  const contact = Type.Object({ user: Type.Object({ email: text, mobile: text }) });
  api.put(
    '/v3.0/OS-USER/users/:user_id/info',
    { schema: { operationId: 'updateUserInformation', tags: ['iam'], params: userParams, body: contact } },
    async ({ actor, params, body: { user } }, reply) => {
      await changeOwnContact(iam, actor, params.user_id, user);
      return reply.code(204).send();
    },
  );
  const body = Type.Object({ user: update });
  api.put(
    '/v3.0/OS-USER/users/:user_id',
    { schema: { operationId: 'updateFullUser', tags: ['iam'], params: userParams, body } },
    async (request) => {
      const { actor, params } = request;
      const user = await updateUser(iam, actor, params.user_id, fieldsOf(request.body.user));
      return { user: await present(user, iam) };
    },
  );
}

function fieldsOf(user: Static<typeof update>): UserFields {
  return {
    name: user.name,
    password: user.password,
    description: user.description,
    email: user.email,
    areaCode: user.areacode,
    phone: user.phone,
    enabled: user.enabled,
    accessMode: user.access_mode,
    externalId: user.xuser_id,
    externalType: user.xuser_type,
    passwordReset: user.pwd_status,
  };
}
