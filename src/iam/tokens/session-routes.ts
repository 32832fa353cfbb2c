import { Type } from 'typebox';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';
import type { SessionTable } from '../tables.ts';
import { formatMicroseconds } from '../timestamps.ts';
import { endAllSessions, endSession, listSessions } from './manage-sessions.ts';

const url = '/v3.0/OS-USER/users/:user_id/sessions';
const userParams = Type.Object({ user_id: Type.String() });

function present(session: SessionTable) {
  const time = (ms: number | null) => (ms === null ? '' : formatMicroseconds(ms));
  return {
    id: session.session_id,
    kind: session.use === 'bearer' ? 'token' : 'temporary_key',
    access: session.access_key ?? '',
    methods: JSON.parse(session.methods) as string[],
    domain_id: session.account_id,
    agency_id: session.principal_kind === 'agency' ? session.principal_id : '',
    scope: session.scope,
    project_id: session.project_id ?? '',
    derived_from: session.parent ?? '',
    source_ip: session.source_ip ?? '',
    issued_at: time(session.issued_at),
    expires_at: time(session.expires_at),
    last_use_time: time(session.last_used_at),
  };
}

/** An extension: what a user is logged in with. Tokens and secrets are not shown, and cannot be. */
export function sessionRoutes(iam: IamContext, api: Api): void {
  api.get(
    url,
    { schema: { operationId: 'listUserSessions', tags: ['extensions'], params: userParams } },
    async ({ actor, params }) => ({
      sessions: (await listSessions(iam, actor, params.user_id)).map(present),
    }),
  );
  api.delete(
    url,
    { schema: { operationId: 'endUserSessions', tags: ['extensions'], params: userParams } },
    async ({ actor, params }, reply) => {
      await endAllSessions(iam, actor, params.user_id);
      return reply.code(204).send();
    },
  );
  const params = Type.Object({ user_id: Type.String(), session_id: Type.String() });
  api.delete(
    `${url}/:session_id`,
    { schema: { operationId: 'endUserSession', tags: ['extensions'], params } },
    async ({ actor, params: { user_id, session_id } }, reply) => {
      await endSession(iam, actor, user_id, session_id);
      return reply.code(204).send();
    },
  );
}
