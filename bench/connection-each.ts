import { Agent, get } from 'node:http';
import type { Result } from 'autocannon';
import type { Load } from './load.ts';

/** Runs a load of GET over plain HTTP with a connection for each request, for peers that keep none; autocannon takes their ends for errors. */
export async function runWithConnectionEach(load: Load): Promise<Result> {
  const { origin, pathname, search } = new URL(load.url);
  const paths = load.paths ?? [pathname + search];
  const agent = new Agent({ keepAlive: false });
  let taken = 0;
  const ask = () => statusOf(`${origin}${paths[taken++ % paths.length]}`, agent);
  await repeat(ask, load.connections, Math.ceil(load.seconds / 5));
  const { times, failures, duration } = await repeat(ask, load.connections, load.seconds);
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round(times[Math.floor((times.length - 1) * share)] ?? 0);
  const latency = { p50: at(0.5), p99: at(0.99), max: at(1) };
  return { '2xx': times.length, non2xx: failures, errors: 0, timeouts: 0, duration, latency };
}

/** Asks on so many lanes for so long, and waits for the last answers. */
async function repeat(ask: () => Promise<number>, lanes: number, seconds: number) {
  const times: number[] = [];
  let failures = 0;
  const began = performance.now();
  const lane = async () => {
    while (performance.now() < began + seconds * 1_000) {
      const asked = performance.now();
      if ((await ask()) === 200) times.push(performance.now() - asked);
      else failures += 1;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return { times, failures, duration: (performance.now() - began) / 1_000 };
}

/** Resolves when the body has been read; rejects if there is none within ten seconds. */
const statusOf = (url: string, agent: Agent): Promise<number> =>
  new Promise((resolve, reject) => {
    const asked = get(url, { agent, timeout: 10_000 }, (answer) => {
      answer.resume();
      answer.once('error', reject);
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
    asked.once('timeout', () => asked.destroy(new Error(`${url} does not answer`)));
    asked.once('error', reject);
  });
