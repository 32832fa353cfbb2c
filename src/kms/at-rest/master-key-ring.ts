import type { Database } from '../../platform/db/database.ts';
import type { Random } from '../../platform/random.ts';
import type { MasterKeyTable } from '../tables.ts';
import { MASTER_KEY_BYTES, MasterKey } from './master-key.ts';
import { additionalData, SealBroken } from './sealed-box.ts';
import { listMasterKeyRows } from './store.ts';

/** Often enough that no node misses a change of the master key, which takes at least `settleMs`. */
const WATCH_MS = 2_000;

function place(masterKeyId: string): Buffer {
  return additionalData('master key', masterKeyId);
}

/** Seals one master key with another, for the time in which both are in use. */
export function sealMasterKey(
  random: Random,
  secret: Uint8Array,
  sealedId: string,
  other: MasterKey,
): Buffer {
  return other.wrap(random, secret, place(sealedId));
}

/** The caller wipes it. Throws `SealBroken`. */
export function unsealMasterKey(row: MasterKeyTable, other: MasterKey): Buffer {
  if (!row.sealed_with_other) throw new SealBroken();
  const secret = other.unwrap(row.sealed_with_other, place(row.master_key_id));
  if (secret.length === MASTER_KEY_BYTES) return secret;
  secret.fill(0);
  throw new SealBroken();
}

/**
 * The master keys of the database as this process knows them: one, or two while it is being changed. It follows a change that another
 * process makes, so none has to be started again.
 */
export class MasterKeyRing {
  readonly #database: Database;
  readonly #known = new Map<string, MasterKey>();
  #newestId: string;
  #watch: NodeJS.Timeout | undefined;

  constructor(database: Database, own: MasterKey) {
    this.#database = database;
    this.#known.set(own.id, own);
    this.#newestId = own.id;
  }

  /** Of the key that wraps, as it was last seen. */
  get id(): string {
    return this.#newestId;
  }

  /** The key that wraps from now on. Asks the database, so that nothing is wrapped with a key that is being given up. */
  async newest(): Promise<MasterKey> {
    await this.refresh();
    return this.#require(this.#newestId);
  }

  /** Throws `SealBroken` if the database knows no such key or this process has no way to it. */
  async get(masterKeyId: string): Promise<MasterKey> {
    if (!this.#known.has(masterKeyId)) await this.refresh();
    return this.#require(masterKeyId);
  }

  /** Learns of a change; forgets the key that was given up. */
  async refresh(): Promise<void> {
    const rows = await listMasterKeyRows(this.#database);
    for (const row of rows) if (!this.#known.has(row.master_key_id)) this.#learn(row);
    const newest = rows.find(({ role }) => role === 'next') ?? rows[0];
    if (!newest) return;
    for (const id of this.#known.keys())
      if (!rows.some((row) => row.master_key_id === id) && this.#known.size > 1) this.#known.delete(id);
    this.#newestId = newest.master_key_id;
  }

  /** Looks for changes now and then until `stopWatching`; what fails is tried again. */
  startWatching(): void {
    this.#watch ??= setInterval(() => void this.refresh().catch(() => {}), WATCH_MS).unref();
  }

  stopWatching(): void {
    clearInterval(this.#watch);
    this.#watch = undefined;
  }

  #learn(row: MasterKeyTable): void {
    for (const other of this.#known.values()) {
      let secret: Buffer;
      try {
        secret = unsealMasterKey(row, other);
      } catch (error) {
        if (error instanceof SealBroken) continue;
        throw error;
      }
      const key = new MasterKey(secret);
      secret.fill(0);
      if (key.id !== row.master_key_id || !key.verifies(row.verification_tag)) continue;
      this.#known.set(key.id, key);
      return;
    }
  }

  #require(masterKeyId: string): MasterKey {
    const key = this.#known.get(masterKeyId);
    if (!key) throw new SealBroken(new Error(`this process does not have master key ${masterKeyId}`));
    return key;
  }
}
