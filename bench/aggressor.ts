import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';

/** One request, sent again and again on so many connections, whatever the answers are. */
export interface Attack {
  readonly name: string;
  readonly url: string;
  readonly method: string;
  readonly headers?: Record<string, string>;
  /** `#` becomes a number that no other request has. */
  readonly body?: string;
  readonly connections: number;
}

/** Of the loopback network, other than the one that is measured from. */
const localAddress = '127.0.0.2';

// A process of its own, which ends when it is killed. It prints how often each attack had which answer.
const attacks: readonly Attack[] = JSON.parse(readFileSync(0, 'utf8'));
const agent = new Agent({ keepAlive: true });
const answers = new Map<string, number>();
let sent = 0;

function send({ name, url, method, headers, body }: Attack): Promise<void> {
  sent += 1;
  const payload = body?.replaceAll('#', `${sent}`);
  const type: Record<string, string> = payload === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve) => {
    const done = (status: number | string) => {
      const outcome = `${name}: ${status}`;
      answers.set(outcome, (answers.get(outcome) ?? 0) + 1);
      resolve();
    };
    const outgoing = request(url, { agent, localAddress, method, headers: { ...type, ...headers } });
    outgoing.on('error', (error) => done(error.message));
    outgoing.on('response', (incoming) => {
      incoming.on('error', () => done('aborted'));
      incoming.on('end', () => done(incoming.statusCode ?? 0));
      incoming.resume();
    });
    outgoing.end(payload);
  });
}

process.on('SIGTERM', () => {
  process.stdout.write(`${JSON.stringify(Object.fromEntries(answers))}\n`, () => process.exit(0));
});
for (const attack of attacks)
  for (let connection = 0; connection < attack.connections; connection += 1)
    void (async () => {
      for (;;) await send(attack);
    })();
