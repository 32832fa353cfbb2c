import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bouncyCastleClassPath, program } from './programs.ts';

const source = fileURLToPath(new URL('../java/RelyingParty.java', import.meta.url));

/** Bouncy Castle as a relying party: the program in test/peers/java, which says what can be asked. */
export interface JavaRelyingParty {
  /** Its answer, one line. */
  ask(...words: string[]): Promise<string>;
  stop(): Promise<void>;
}

/** Compiles the program and starts it; one process answers all questions, as a start costs seconds. */
export function startJavaRelyingParty(): JavaRelyingParty {
  const child = spawn(program('java'), ['-cp', bouncyCastleClassPath(), source], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const complaints: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  return {
    ask: (...words) => {
      const answer = last.then(async () => {
        child.stdin.write(`${words.join('\t')}\n`);
        const { done, value } = await answers.next();
        if (done) throw new Error(`RelyingParty ended: ${Buffer.concat(complaints)}`);
        return value;
      });
      last = answer.catch(() => {});
      return answer;
    },
    stop: async () => {
      const ended = once(child, 'exit');
      child.stdin.end();
      if (child.exitCode === null) await ended;
    },
  };
}
