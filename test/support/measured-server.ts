import { fileURLToPath } from 'node:url';
import type { Probe } from './event-loop-probe.ts';
import { freePort } from './free-port.ts';
import { type RunningServer, startServer } from './server.ts';

/** A server whose main thread is measured. */
export interface MeasuredServer extends RunningServer {
  probe(): Promise<Probe>;
  /** Milliseconds of the main thread that a piece of work takes, the least of several tries: others are disturbed by collections. */
  cost(work: () => Promise<unknown>, tries?: number): Promise<number>;
}

const preloaded = fileURLToPath(new URL('event-loop-probe.ts', import.meta.url));

export async function startMeasuredServer(env: Readonly<Record<string, string>>): Promise<MeasuredServer> {
  const port = await freePort();
  const server = await startServer({
    env: { ...env, OPENCCM_TEST_PROBE_PORT: String(port), NODE_OPTIONS: `--import=${preloaded}` },
  });
  const probe = async (): Promise<Probe> =>
    (await fetch(`http://127.0.0.1:${port}`)).json() as Promise<Probe>;
  return {
    ...server,
    probe,
    async cost(work, tries = 3) {
      let least = Number.POSITIVE_INFINITY;
      for (let attempt = 0; attempt < tries; attempt += 1) {
        const before = await probe();
        await work();
        const { threadMicroseconds } = await probe();
        least = Math.min(least, (threadMicroseconds - before.threadMicroseconds) / 1_000);
      }
      return least;
    },
  };
}
