import { Type } from 'typebox';
import type { Api } from '../../../platform/http/index.ts';
import type { IamContext } from '../../context.ts';
import type { PasskeyTable } from '../../tables.ts';
import { formatMicroseconds } from '../../timestamps.ts';
import { loginOptions, stepUpOptions } from './assertion-options.ts';
import { deletePasskey, listPasskeys, passkeyCreationOptions, registerPasskey } from './manage-passkeys.ts';
import { attestationSchema } from './passkey-schemas.ts';

const url = '/v3.0/OS-MFA/passkeys';
const query = Type.Object({ user_id: Type.Optional(Type.String({ maxLength: 64 })) });
const present = (passkey: PasskeyTable) => ({
  credential_id: passkey.credential_id,
  user_id: passkey.user_id,
  name: passkey.name,
  backed_up: passkey.backed_up === 1,
  created_at: formatMicroseconds(passkey.created_at),
  last_used_at: passkey.last_used_at === null ? null : formatMicroseconds(passkey.last_used_at),
});

/** Adds the route of the challenge with which anybody's login by passkey begins. */
export function passkeyLoginRoutes(iam: IamContext, api: Api): void {
  api.post(
    `${url}/assertion-options`,
    { schema: { operationId: 'createPasskeyAssertionOptions', tags: ['iam'] } },
    async () => ({ options: await loginOptions(iam) }),
  );
}

/** Extensions: the vendor has no passkeys. */
export function passkeyRoutes(iam: IamContext, api: Api): void {
  api.post(
    `${url}/registration-options`,
    { schema: { operationId: 'createPasskeyRegistrationOptions', tags: ['iam'] } },
    async ({ actor }) => ({ options: await passkeyCreationOptions(iam, actor) }),
  );
  const body = Type.Object({
    name: Type.String({ minLength: 1, maxLength: 64 }),
    response: attestationSchema,
  });
  api.post(
    url,
    { schema: { operationId: 'registerPasskey', tags: ['iam'], body } },
    async ({ actor, body: { name, response } }, reply) => {
      const passkey = await registerPasskey(iam, actor, name, response);
      return reply.code(201).send({ passkey: present(passkey) });
    },
  );
  api.get(
    url,
    { schema: { operationId: 'listPasskeys', tags: ['iam'], querystring: query } },
    async ({ actor, query: { user_id = actor.principalId } }) => ({
      passkeys: (await listPasskeys(iam, actor, user_id)).map(present),
    }),
  );
  const params = Type.Object({ credential_id: Type.String({ maxLength: 1_400 }) });
  api.delete(
    `${url}/:credential_id`,
    { schema: { operationId: 'deletePasskey', tags: ['iam'], params, querystring: query } },
    async ({ actor, params: { credential_id }, query: { user_id = actor.principalId } }, reply) => {
      await deletePasskey(iam, actor, user_id, credential_id);
      return reply.code(204).send();
    },
  );
  api.post(
    '/v3.0/OS-MFA/step-up/options',
    { schema: { operationId: 'createStepUpOptions', tags: ['iam'] } },
    async ({ actor }) => ({ options: await stepUpOptions(iam, actor) }),
  );
}
