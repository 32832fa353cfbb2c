import { LRUCache } from 'lru-cache';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/db/database.ts';
import { isDestroyed, type Key } from './key.ts';
import { type KeySpec, type KeyUsage, keySpecs } from './key-spec.ts';
import { findKeyIdByName, findKeyRows } from './store.ts';

/** How long a node may act on what another node has changed meanwhile. */
const FRESH_MS = 1_000;
const CACHED_KEYS = 20_000;

/**
 * Finds keys without asking the database for each request. A change on this node is seen at once, a change on another node after a
 * second. Only what exists is remembered.
 */
export class KeyDirectory {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #keys: LRUCache<string, Key>;
  readonly #names: LRUCache<string, string>;
  /** Counts the changes: what was read before one of them is not remembered after it. */
  #changes = 0;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    const options = { max: CACHED_KEYS, ttl: FRESH_MS, ttlResolution: 0, perf: { now: () => clock.nowMs() } };
    this.#keys = new LRUCache(options);
    this.#names = new LRUCache(options);
  }

  /** Undefined for a key that was destroyed or whose day of deletion has come. */
  async find(keyId: string): Promise<Key | undefined> {
    const key = this.#keys.get(keyId) ?? (await this.#load(keyId));
    return key && !isDestroyed(key, this.#clock) ? key : undefined;
  }

  /** As `find`, from the database. */
  async findFresh(keyId: string): Promise<Key | undefined> {
    this.#keys.delete(keyId);
    return await this.find(keyId);
  }

  async findIdByName(accountId: string, name: string): Promise<string | undefined> {
    const cacheName = `${accountId} ${name}`;
    const known = this.#names.get(cacheName);
    if (known) return known;
    const before = this.#changes;
    const keyId = await findKeyIdByName(this.#database, accountId, name);
    if (keyId && before === this.#changes) this.#names.set(cacheName, keyId);
    return keyId;
  }

  /** To be called after a change of the key, its names, tags or grants is committed. */
  changed(keyId: string): void {
    this.#changes += 1;
    this.#keys.delete(keyId);
    this.#names.clear();
  }

  /** To be called after a change that concerns many keys is committed. */
  changedMany(): void {
    this.#changes += 1;
    this.#keys.clear();
    this.#names.clear();
  }

  async #load(keyId: string): Promise<Key | undefined> {
    const before = this.#changes;
    const found = await findKeyRows(this.#database, keyId);
    if (!found) return undefined;
    const { row, grants, tags, keystoreEnabled, hsmClusterId } = found;
    if (!Object.hasOwn(keySpecs, row.key_spec)) throw new Error(`key ${keyId} has an unknown spec`);
    const key: Key = {
      ...row,
      key_spec: row.key_spec as KeySpec,
      key_usage: row.key_usage as KeyUsage,
      grants,
      tags,
      keystoreEnabled,
      hsmClusterId,
    };
    if (before === this.#changes) this.#keys.set(keyId, key);
    return key;
  }
}
