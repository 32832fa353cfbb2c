import { availableParallelism } from 'node:os';
import type { KeyPair } from '../../pki/index.ts';
import { FairPool } from '../../platform/fair-pool.ts';
import type { Log } from '../../platform/log.ts';
import { WorkThreads } from '../../platform/work-threads.ts';
import type { RsaTask } from './rsa-thread.ts';

export type RsaAlgorithm = 'RSA2048' | 'RSA3072' | 'RSA4096';
export type RsaKeyPair = KeyPair;
/** How many ready keys to hold of each length; 0 switches the pool off for it. */
export type RsaPoolSizes = Readonly<Record<RsaAlgorithm, number>>;

export interface RsaKeyPoolPorts {
  readonly sizes: RsaPoolSizes;
  readonly log: Log;
  /** Replaced in tests, where generating would take seconds. */
  readonly generate?: (algorithm: RsaAlgorithm) => Promise<RsaKeyPair>;
  /** Default: all but one of the processors. */
  readonly requestsAtOnce?: number;
}

const algorithms: readonly RsaAlgorithm[] = ['RSA2048', 'RSA3072', 'RSA4096'];

const threads = new WorkThreads<RsaTask, RsaKeyPair>(new URL('./rsa-thread.ts', import.meta.url));
const bits: Readonly<Record<RsaAlgorithm, number>> = { RSA2048: 2048, RSA3072: 3072, RSA4096: 4096 };
const waitingRequests = 256;
const waitingPerAccount = 64;

/**
 * Ready RSA keys, generated ahead: a 4096-bit key takes seconds, which no request should wait for. At most one key is generated
 * ahead at a time, and none is begun while a request generates its own. Requests leave a processor to others, and accounts take
 * turns. Keys are generated in threads of low priority, so signing finds processors and libuv's threads free.
 */
export class RsaKeyPool {
  readonly #sizes: RsaPoolSizes;
  readonly #log: Log;
  readonly #generate: (algorithm: RsaAlgorithm) => Promise<RsaKeyPair>;
  readonly #ready: Record<RsaAlgorithm, RsaKeyPair[]> = { RSA2048: [], RSA3072: [], RSA4096: [] };
  readonly #requests: FairPool;
  #filling: Promise<void> | undefined;
  #requestsGenerating = 0;
  #closed = false;

  constructor(ports: RsaKeyPoolPorts) {
    this.#sizes = ports.sizes;
    this.#log = ports.log;
    this.#generate = ports.generate ?? ((algorithm) => threads.run({ modulusLength: bits[algorithm] }));
    this.#requests = new FairPool({
      atOnce: ports.requestsAtOnce ?? Math.max(1, availableParallelism() - 1),
      waiting: waitingRequests,
      waitingPerShare: waitingPerAccount,
    });
  }

  /** Starts filling; returns at once. */
  start(): void {
    if (this.#closed || this.#filling || this.#requestsGenerating > 0) return;
    this.#filling = this.#fill().finally(() => {
      this.#filling = undefined;
    });
  }

  /** Number of keys that are ready. */
  readyCount(algorithm: RsaAlgorithm): number {
    return this.#ready[algorithm].length;
  }

  /**
   * A ready key, or one that is generated when it is the account's turn. The caller owns it and wipes it.
   * Throws `PoolFull` when too many requests wait.
   */
  async take(algorithm: RsaAlgorithm, accountId: string): Promise<RsaKeyPair> {
    const ready = this.#ready[algorithm].shift();
    if (ready) {
      this.start();
      return ready;
    }
    this.#requestsGenerating += 1;
    try {
      return await this.#requests.run({ share: accountId }, () => this.#generate(algorithm));
    } finally {
      this.#requestsGenerating -= 1;
      this.start();
    }
  }

  /** Waits for a fill that is under way, and wipes what was not taken. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#filling;
    for (const algorithm of algorithms)
      for (const pair of this.#ready[algorithm].splice(0)) pair.privateKeyPkcs8.fill(0);
  }

  /** The emptiest first, in proportion to its size. */
  #mostWanted(): RsaAlgorithm | undefined {
    const level = (algorithm: RsaAlgorithm) => this.#ready[algorithm].length / this.#sizes[algorithm];
    return algorithms
      .filter((algorithm) => this.#ready[algorithm].length < this.#sizes[algorithm])
      .sort((a, b) => level(a) - level(b))[0];
  }

  async #fill(): Promise<void> {
    while (!this.#closed && this.#requestsGenerating === 0) {
      const algorithm = this.#mostWanted();
      if (!algorithm) return;
      try {
        this.#ready[algorithm].push(await this.#generate(algorithm));
      } catch (error) {
        // The next request that takes a key tries again; nothing waits for the pool.
        this.#log.error({ error, algorithm }, 'an RSA key could not be generated ahead');
        return;
      }
    }
  }
}
