import type { FastifyInstance } from 'fastify';
import type { Actor } from '../../src/iam/actor.ts';
import type { Random } from '../../src/platform/random.ts';
import { actorOf } from './identity-double.ts';

export interface Answer<Body> {
  readonly status: number;
  /** Undefined for an answer without a body, or with one that is not JSON. */
  readonly body: Body;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly bytes: Uint8Array;
}

export interface ApiError {
  readonly error_code: string;
  readonly error_msg: string;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** An account whose requests reach the app without a network. */
export interface InjectedAccount {
  readonly accountId: string;
  readonly actor: Actor;
  /** Sends a request as this account's user; `body` as it is if it is a string. */
  send<Body = ApiError>(method: Method, path: string, body?: unknown): Promise<Answer<Body>>;
  /** The same user, without permission for these actions; `<action>@<id>` is one in that enterprise project. */
  without(...actions: string[]): InjectedAccount;
}

/** Accounts for `app`, and the authentication that knows them: the token is the account's id and what it is denied. */
export function injectedAccounts(app: FastifyInstance, random: Random) {
  const account = (accountId: string = random.hexId(), denied = ''): InjectedAccount => ({
    accountId,
    actor: actorOf(accountId, 'user', denied),
    async send<Body>(method: Method, url: string, body?: unknown) {
      const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const headers = { 'x-auth-token': `${accountId} ${denied}`, 'content-type': 'application/json' };
      const answer = await app.inject({ method, url, headers, ...(payload !== undefined && { payload }) });
      const isJson = String(answer.headers['content-type']).startsWith('application/json');
      const parsed: unknown = isJson && answer.payload !== '' ? JSON.parse(answer.payload) : undefined;
      const { headers: received, rawPayload: bytes } = answer;
      return { status: answer.statusCode, body: parsed as Body, headers: received, bytes };
    },
    without: (...actions) => account(accountId, actions.join(',')),
  });
  const authenticate = async (request: { headers: Record<string, unknown>; actor: Actor }) => {
    const [accountId = '', denied = ''] = String(request.headers['x-auth-token']).split(' ');
    request.actor = actorOf(accountId, 'user', denied);
  };
  return { account, authenticate };
}
