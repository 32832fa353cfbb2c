import { setTimeout as delay } from 'node:timers/promises';

const longestWaitMs = 60_000;

/** Looks again and again until there is something; rejects with `what` after a minute. */
export async function waitFor<Result>(
  what: string,
  look: () => Promise<Result | undefined | false>,
): Promise<Result> {
  for (const deadline = performance.now() + longestWaitMs; ; await delay(50)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`${what}: not in time`);
  }
}
