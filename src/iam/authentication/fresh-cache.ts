import { LRUCache } from 'lru-cache';
import type { Clock } from '../../platform/clock.ts';

/** How long a node may act on what another node has changed meanwhile. */
const freshMs = 1_000;

/**
 * Versions what is cached about identities. A change on this node makes a new version, so what was loaded before it, even if it
 * arrives after it, is never found again.
 */
export class IdentityVersion {
  #version = 0;

  get current(): number {
    return this.#version;
  }

  changed(): void {
    this.#version += 1;
  }
}

/** Remembers what a load found for about a second; concurrent requests for the same key share one load. Absence is not remembered. */
export class FreshCache<Value extends object> {
  readonly #version: IdentityVersion;
  readonly #values: LRUCache<string, Value>;
  readonly #loading = new Map<string, Promise<Value | undefined>>();

  constructor(clock: Clock, version: IdentityVersion, maximumEntries: number) {
    this.#version = version;
    this.#values = new LRUCache({
      max: maximumEntries,
      ttl: freshMs,
      ttlResolution: 0,
      perf: { now: () => clock.nowMs() },
    });
  }

  async get(key: string, load: () => Promise<Value | undefined>): Promise<Value | undefined> {
    const versioned = this.#versioned(key);
    const known = this.#values.get(versioned);
    if (known) return known;
    let loading = this.#loading.get(versioned);
    if (!loading) {
      loading = this.#load(versioned, load);
      this.#loading.set(versioned, loading);
    }
    return loading;
  }

  async #load(versioned: string, load: () => Promise<Value | undefined>): Promise<Value | undefined> {
    try {
      const value = await load();
      if (value) this.#values.set(versioned, value);
      return value;
    } finally {
      this.#loading.delete(versioned);
    }
  }

  #versioned(key: string): string {
    return `${this.#version.current}:${key}`;
  }
}
