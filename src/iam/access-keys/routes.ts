import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import { defined } from '../defined.ts';
import type { AccessKeyTable } from '../tables.ts';
import { formatMicroseconds } from '../timestamps.ts';
import {
  createAccessKey,
  deleteAccessKey,
  getAccessKey,
  listAccessKeys,
  updateAccessKey,
} from './manage-access-keys.ts';

const url = '/v3.0/OS-CREDENTIAL/credentials';
const description = Type.Optional(Type.String({ maxLength: 255 }));
const keyParams = Type.Object({ access_key: Type.String() });

const dayMs = 24 * 60 * 60_000;

/** `age_in_days` and `last_use_ip` are extensions. */
function present(key: AccessKeyTable, nowMs: number) {
  return {
    access: key.access_key,
    user_id: key.user_id,
    status: key.status,
    description: key.description,
    create_time: formatMicroseconds(key.created_at),
    last_use_time: key.last_used_at === null ? '' : formatMicroseconds(key.last_used_at),
    last_use_ip: key.last_used_ip ?? '',
    age_in_days: Math.floor((nowMs - key.created_at) / dayMs),
  };
}

/** Permanent access keys; the secret is in the answer to the creation and nowhere else. */
export function accessKeyRoutes(iam: IamContext, api: Api): void {
  const shown = (key: AccessKeyTable) => present(key, iam.clock.nowMs());
  const create = Type.Object({ credential: Type.Object({ user_id: Type.String(), description }) });
  const update = Type.Object({
    credential: Type.Object({
      status: Type.Optional(Type.Union([Type.Literal('active'), Type.Literal('inactive')])),
      description,
    }),
  });
  const query = Type.Object({ user_id: Type.Optional(Type.String()) });

  api.post(
    url,
    { schema: { operationId: 'createPermanentAccessKey', tags: ['iam'], body: create } },
    async ({ actor, body }, reply) => {
      const { user_id, description: words = '' } = body.credential;
      const { row, secret } = await createAccessKey(iam, actor, user_id, words);
      return reply.code(201).send({ credential: { ...shown(row), secret } });
    },
  );
  api.get(
    url,
    { schema: { operationId: 'listPermanentAccessKeys', tags: ['iam'], querystring: query } },
    async ({ actor, query: { user_id } }) => ({
      credentials: (await listAccessKeys(iam, actor, user_id ?? actor.principalId)).map(shown),
    }),
  );
  api.get(
    `${url}/:access_key`,
    { schema: { operationId: 'getPermanentAccessKey', tags: ['iam'], params: keyParams } },
    async ({ actor, params }) => ({ credential: shown(await getAccessKey(iam, actor, params.access_key)) }),
  );
  api.put(
    `${url}/:access_key`,
    { schema: { operationId: 'updatePermanentAccessKey', tags: ['iam'], params: keyParams, body: update } },
    async ({ actor, params, body }) => {
      const { status, description: words } = body.credential;
      const change = defined({ status, description: words });
      return { credential: shown(await updateAccessKey(iam, actor, params.access_key, change)) };
    },
  );
  api.delete(
    `${url}/:access_key`,
    { schema: { operationId: 'deletePermanentAccessKey', tags: ['iam'], params: keyParams } },
    async ({ actor, params }, reply) => {
      await deleteAccessKey(iam, actor, params.access_key);
      return reply.code(204).send();
    },
  );
}
