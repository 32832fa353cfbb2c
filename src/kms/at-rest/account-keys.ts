import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/database.ts';
import type { Random } from '../../platform/random.ts';
import type { KeyOwner } from '../key-store.ts';
import type { KeyTable } from '../tables.ts';
import { isWrapped, unwrapMaterial, wrapMaterial } from './key-material.ts';
import type { MasterKeyRing } from './master-key-ring.ts';
import { SealBroken } from './sealed-box.ts';
import { findKeyByAlias, findVersion, insertDefaultKey } from './store.ts';

const ACCOUNT_KEY_BYTES = 32;
const CACHED_KEYS = 10_000;
/** Another node may rotate the key: after this time the newest version is asked for again. */
const CURRENT_VERSION_TTL_MS = 60_000;

export interface AccountKey {
  readonly keyId: string;
  readonly version: number;
  /** Derived from the material for wrapping alone: what customers encrypt with a default key is never under the same key. */
  readonly wrappingKey: KeyObject;
}

export interface AccountKeyPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly masterKey: MasterKeyRing;
}

/** `pca/default`, `scm/default`, `system/default`: no customer can make a key whose alias ends so. */
export function accountKeyAlias(purpose: KeyOwner['purpose']): string {
  return `${purpose}/default`;
}

function defaultKeyRow(owner: KeyOwner, keyId: string, nowMs: number): KeyTable {
  return {
    key_id: keyId,
    account_id: owner.accountId,
    project_id: '',
    key_alias: accountKeyAlias(owner.purpose),
    key_spec: 'AES_256',
    key_usage: 'ENCRYPT_DECRYPT',
    key_description: '',
    key_state: '2',
    origin: 'kms',
    is_default: 1,
    enterprise_project_id: '0',
    keystore_id: '0',
    created_by: owner.purpose,
    created_at: nowMs,
    scheduled_deletion_at: null,
    material_expires_at: null,
    rotation_enabled: 0,
    rotation_interval_days: 365,
    rotation_counts_from: null,
    last_rotated_at: null,
    rotation_count: 0,
    current_version: 0,
    revision: 0,
  };
}

/** The default keys of accounts, made at first use. Each wraps the private keys of its account and purpose. */
export class AccountKeys {
  readonly #ports: AccountKeyPorts;
  readonly #current: LRUCache<string, Promise<AccountKey>>;
  readonly #versions: LRUCache<string, AccountKey>;

  constructor(ports: AccountKeyPorts) {
    this.#ports = ports;
    const perf = { now: () => ports.clock.nowMs() };
    this.#current = new LRUCache({ max: CACHED_KEYS, ttl: CURRENT_VERSION_TTL_MS, ttlResolution: 0, perf });
    this.#versions = new LRUCache({ max: CACHED_KEYS });
  }

  /** The newest version of the owner's key, which is made if there is none. Not to be called inside a transaction. */
  async current(owner: KeyOwner): Promise<AccountKey> {
    const name = `${owner.accountId} ${owner.purpose}`;
    const cached = this.#current.get(name);
    if (cached) return await cached;
    const loading = this.#findOrCreate(owner);
    this.#current.set(name, loading);
    loading.catch(() => this.#current.delete(name));
    return await loading;
  }

  /** Throws `SealBroken` if there is no such version or its material is gone. */
  async version(keyId: string, version: number): Promise<AccountKey> {
    const name = `${keyId} ${version}`;
    const cached = this.#versions.get(name);
    if (cached) return cached;
    const row = await findVersion(this.#ports.database, keyId, version);
    if (!isWrapped(row)) throw new SealBroken();
    const material = await unwrapMaterial(this.#ports.masterKey, row);
    const derived = Buffer.from(
      hkdfSync('sha256', material, Buffer.alloc(0), 'openccm account key: wrapping', 32),
    );
    const accountKey = { keyId, version, wrappingKey: createSecretKey(derived) };
    material.fill(0);
    derived.fill(0);
    this.#versions.set(name, accountKey);
    return accountKey;
  }

  async #findOrCreate(owner: KeyOwner): Promise<AccountKey> {
    const { database } = this.#ports;
    const alias = accountKeyAlias(owner.purpose);
    const found = await findKeyByAlias(database, owner.accountId, alias);
    if (found) return await this.version(found.keyId, found.currentVersion);
    await this.#create(owner);
    const created = await findKeyByAlias(database, owner.accountId, alias);
    if (!created) throw new Error(`default key ${alias} of account ${owner.accountId} was not stored`);
    return await this.version(created.keyId, created.currentVersion);
  }

  async #create(owner: KeyOwner): Promise<void> {
    const { database, clock, random, masterKey } = this.#ports;
    const keyId = random.uuid();
    const material = random.bytes(ACCOUNT_KEY_BYTES);
    const wrapped = await wrapMaterial(masterKey, random, keyId, 0, material);
    material.fill(0);
    const nowMs = clock.nowMs();
    await database.transaction(async (transaction) => {
      await insertDefaultKey(transaction, defaultKeyRow(owner, keyId, nowMs), {
        key_id: keyId,
        version: 0,
        ...wrapped,
        public_key_spki: null,
        material_fingerprint: null,
        created_at: nowMs,
      });
    });
  }
}
