import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ReachableServer } from '../../support/api-client.ts';
import { peersPython } from './programs.ts';

const driver = fileURLToPath(new URL('../python/ssl_session.py', import.meta.url));

/** The vendor's Python SDK in a process of its own, signed in with the access key of the first start. */
export interface SdkSession {
  /** Such as `show_certificate`; throws with the service's words if it refuses. */
  call<Result>(
    operation: string,
    asked?: { readonly fields?: object; readonly body?: object },
  ): Promise<Result>;
  close(): Promise<void>;
}

interface Answered {
  readonly result?: unknown;
  readonly status?: number;
  readonly code?: string;
  readonly message?: string;
}

export function openSdkSession({ httpsUrl, bootstrap, caFile }: ReachableServer): SdkSession {
  const args = [driver, httpsUrl, bootstrap.access_key, bootstrap.secret_key, caFile];
  const child = spawn(peersPython(), args, {
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let before: Promise<unknown> = Promise.resolve();
  const ask = async (line: string): Promise<Answered> => {
    child.stdin.write(`${line}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`the SDK's process ended:\n${said.join('')}`);
    return JSON.parse(value) as Answered;
  };
  return {
    async call<Result>(operation: string, asked: { readonly fields?: object; readonly body?: object } = {}) {
      const answering = before.then(() => ask(JSON.stringify({ operation, ...asked })));
      before = answering.catch(() => {});
      const answer = await answering;
      if (answer.result === undefined)
        throw new Error(`${operation}: ${answer.status} ${answer.code} ${answer.message}`);
      return answer.result as Result;
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
