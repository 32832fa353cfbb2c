import { readFile } from 'node:fs/promises';
import type { OutgoingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import type { RunningServer } from './server.ts';

/** A program of its own, or one in this process. */
export type ReachableServer = Pick<RunningServer, 'httpsUrl' | 'caFile' | 'bootstrap'>;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
  /** The parsed body; undefined if it is no JSON. */
  readonly json: unknown;
}

/** A client of the API over HTTPS that trusts the server's own CA and sends one token with everything. */
export interface ApiClient {
  /** Sends `body` as JSON, or as it is if it is a string or bytes; resolves with any status. */
  send(method: string, path: string, body?: unknown, headers?: OutgoingHttpHeaders): Promise<Answer>;
  /** Sends and returns the parsed answer; throws with the server's words if the status is not 2xx. */
  call<Result>(method: string, path: string, body?: unknown): Promise<Result>;
  readonly token: string | undefined;
  close(): void;
}

export interface Credentials {
  readonly accountName: string;
  readonly userName: string;
  readonly password: string;
  readonly projectName: string;
}

/** Signs in with a password, by default as the administrator of the first start. */
export async function signIn(server: ReachableServer, credentials?: Credentials): Promise<ApiClient> {
  const { bootstrap } = server;
  const who = credentials ?? {
    accountName: bootstrap.account_name,
    userName: bootstrap.user_name,
    password: bootstrap.password,
    projectName: bootstrap.project_name,
  };
  const stranger = await clientWith(server, undefined);
  const answer = await stranger.send('POST', '/v3/auth/tokens', passwordSignIn(who));
  stranger.close();
  const token = answer.headers['x-subject-token'];
  if (answer.status !== 201 || typeof token !== 'string')
    throw new Error(`no token: ${answer.status} ${answer.text}`);
  return clientWith(server, token);
}

/** The body of POST /v3/auth/tokens. */
export const passwordSignIn = (who: Credentials) => ({
  auth: {
    identity: {
      methods: ['password'],
      password: { user: { name: who.userName, password: who.password, domain: { name: who.accountName } } },
    },
    scope: { project: { name: who.projectName } },
  },
});

/** A client with this token, or with none. */
export async function clientWith(server: ReachableServer, token: string | undefined): Promise<ApiClient> {
  const agent = new Agent({ keepAlive: true, ca: await readFile(server.caFile) });
  const send: ApiClient['send'] = (method, path, body, headers = {}) =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : isRaw(body) ? body : JSON.stringify(body);
      const outgoing = request(`${server.httpsUrl}${path}`, {
        agent,
        method,
        headers: {
          ...(token === undefined ? {} : { 'x-auth-token': token }),
          ...(payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
          ...headers,
        },
      });
      outgoing.on('error', reject);
      outgoing.on('response', (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const text = bytes.toString();
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            bytes,
            text,
            json: parsed(text),
          });
        });
      });
      outgoing.end(payload);
    });
  return {
    token,
    send,
    call: async <Result>(method: string, path: string, body?: unknown) => {
      const answer = await send(method, path, body);
      if (answer.status < 200 || answer.status > 299)
        throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
      return answer.json as Result;
    },
    close: () => agent.destroy(),
  };
}

const isRaw = (body: unknown): body is string | Uint8Array =>
  typeof body === 'string' || body instanceof Uint8Array;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
