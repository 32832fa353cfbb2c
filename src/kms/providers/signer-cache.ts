import { LRUCache } from 'lru-cache';
import type { Signer } from '../../pki/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { KeyOwner } from '../key-store.ts';

export interface SignerCacheLimits {
  readonly maxSigners: number;
  readonly ttlMs: number;
}

/** Enough for every CA that is busy; a private key stays unwrapped in memory for ten minutes at most. */
export const defaultSignerCacheLimits: SignerCacheLimits = { maxSigners: 1000, ttlMs: 600_000 };

/** Under which name a signer is cached. */
export function signerName(owner: KeyOwner, keyId: string): string {
  return `${owner.accountId} ${owner.purpose} ${keyId}`;
}

/** Unwrapped signers, bounded in number and in time. */
export class SignerCache {
  readonly #signers: LRUCache<string, Signer>;
  /** Keys that are being destroyed: until that is certain they are read from the database every time. */
  readonly #condemned: LRUCache<string, true>;

  constructor(clock: Clock, limits: SignerCacheLimits) {
    const perf = { now: () => clock.nowMs() };
    // Without ttlResolution the cache keeps the time it read until a timer of the machine's clock fires.
    const options = { max: limits.maxSigners, ttl: limits.ttlMs, ttlResolution: 0, perf };
    this.#signers = new LRUCache(options);
    this.#condemned = new LRUCache(options);
  }

  get(name: string): Signer | undefined {
    return this.#signers.get(name);
  }

  set(name: string, signer: Signer): void {
    if (!this.#condemned.has(name)) this.#signers.set(name, signer);
  }

  /**
   * Called within the transaction that destroys the key. Its commit is not seen from here, so the name is not cached again for the
   * cache's own time: before the commit the row is still there, after it there is none.
   */
  condemn(name: string): void {
    this.#condemned.set(name, true);
    this.#signers.delete(name);
  }
}
