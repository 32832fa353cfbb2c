import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';

/** So many keys have a bucket; the one unused for longest is forgotten, and begins again with a full one. */
const mostKeys = 20_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Token buckets, one for each key: `perSecond` requests in the long run, twice as many at once. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new LRUCache<string, Bucket>({ max: mostKeys });

  /** `perSecond` 0: no limit. */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#burst = 2 * perSecond;
  }

  /** Takes a token. Returns 0, or if there is none the whole seconds until there is one, at least 1. */
  take(key: string): number {
    if (this.#perSecond === 0) return 0;
    const bucket = this.#bucket(key);
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / this.#perSecond);
    bucket.tokens -= 1;
    return 0;
  }

  /** Undoes a `take` that turned out not to count. */
  giveBack(key: string): void {
    if (this.#perSecond === 0) return;
    const bucket = this.#bucket(key);
    bucket.tokens = Math.min(this.#burst, bucket.tokens + 1);
  }

  #bucket(key: string): Bucket {
    const nowMs = this.#clock.nowMs();
    const known = this.#buckets.get(key);
    if (!known) {
      const bucket = { tokens: this.#burst, atMs: nowMs };
      this.#buckets.set(key, bucket);
      return bucket;
    }
    const elapsedMs = Math.max(0, nowMs - known.atMs);
    known.tokens = Math.min(this.#burst, known.tokens + (elapsedMs / 1_000) * this.#perSecond);
    known.atMs = nowMs;
    return known;
  }
}
